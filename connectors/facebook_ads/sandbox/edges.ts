import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { statusesOf } from '../entity.ts'
import {
  accountColumns,
  adColumns,
  adSetColumns,
  audienceColumns,
  campaignColumns,
  creativeColumns,
} from '../entity-columns.ts'
import { fromCursor, makePage, toCursor } from './page.ts'
import { listOf, type Given, type Spec } from './parameters.ts'
import { recordsOf, textOf, type Stored } from './records.ts'
import { refuseDeleted, refuseField, refuseParameter, type Refusal } from './refusal.ts'

export type Listed = {
  readonly stored: Stored
  /** As the vendor calls it in an error. */
  readonly node: string
  readonly fields: { readonly [field: string]: unknown }
  /** What `effective_status` takes. null: the edge has no such parameter. */
  readonly statuses: readonly string[] | null
}

export const accountNode = {
  stored: 'ad_accounts',
  node: 'AdAccount',
  fields: accountColumns,
  statuses: null,
} as const satisfies Listed

/** The edges of an ad account. https://developers.facebook.com/docs/marketing-api/reference/ad-account */
export const edges: { readonly [edge: string]: Listed } = {
  campaigns: { stored: 'campaigns', node: 'AdCampaignGroup', fields: campaignColumns, statuses: statusesOf.campaign },
  adsets: { stored: 'adsets', node: 'AdCampaign', fields: adSetColumns, statuses: statusesOf.adset },
  ads: { stored: 'ads', node: 'Adgroup', fields: adColumns, statuses: statusesOf.ad },
  adcreatives: { stored: 'creatives', node: 'AdCreative', fields: creativeColumns, statuses: null },
  customaudiences: { stored: 'custom_audiences', node: 'CustomAudience', fields: audienceColumns, statuses: null },
}

export const specOf = ({ statuses }: Listed): Spec => ({
  fields: 'names',
  limit: 'integer',
  after: 'text',
  ...(statuses && { effective_status: 'list' }),
})

type Asked = { readonly url: URL; readonly given: Given; readonly account: string | null }

export function listEdge(
  context: SimulatorContext,
  listed: Listed,
  { url, given, account }: Asked,
): JsonObject | Refusal {
  const fields = checkFields(context, listed, given)
  if ('refused' in fields) return fields
  const statuses = readStatuses(listed, given)
  if ('refused' in statuses) return statuses
  const items = recordsOf(context.store, listed.stored)
    .filter((record) =>
      account === null ? !isUnlisted(context, textOf(record, 'id')) : `act_${textOf(record, 'account_id')}` === account,
    )
    .filter((record) => (listed.statuses ? statuses.names.includes(textOf(record, 'effective_status')) : true))
    // Newest first: ids grow.
    .toSorted((a, b) => (textOf(a, 'id') < textOf(b, 'id') ? 1 : -1))
  return makePage(
    context,
    {
      url,
      given,
      cursorOf: (index) => toCursor(textOf(items[index], 'id')),
      indexAfter: (cursor) => {
        const id = fromCursor(cursor)
        if (id === undefined) return undefined
        const found = items.findIndex((item) => textOf(item, 'id') < id)
        return found < 0 ? items.length : found
      },
    },
    { items, describe: (record) => pick(record, fields.names) },
  )
}

/** Without `fields` there is only the id. What an object does not have is not in it, not even as null. */
export const pick = (record: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(
    [...new Set([...fields, 'id'])].flatMap((field) => {
      const value = record[field]
      return value === undefined ? [] : [[field, value]]
    }),
  )

export function checkFields(
  { fault }: SimulatorContext,
  { fields, node }: Pick<Listed, 'fields' | 'node'>,
  given: Given,
): { readonly names: readonly string[] } | Refusal {
  const names = listOf(given['fields'])
  const dead = fault('dead_field')?.['field']
  const odd = names.find((name) => !Object.hasOwn(fields, name) || name === dead)
  return odd === undefined ? { names } : refuseField(odd, node)
}

function isUnlisted({ fault }: SimulatorContext, id: string): boolean {
  const unlisted = fault('unlisted_account')
  return unlisted ? (unlisted['account'] ?? id) === id : false
}

/** Without the parameter no archived ones; deleted ones with none. */
function readStatuses({ statuses }: Listed, given: Given): { readonly names: readonly string[] } | Refusal {
  if (!statuses) return { names: [] }
  if (given['effective_status'] === undefined)
    return { names: statuses.filter((status) => status !== 'ARCHIVED' && status !== 'DELETED') }
  const names = listOf(given['effective_status'])
  const odd = names.findIndex((name) => !statuses.includes(name))
  if (odd >= 0)
    return refuseParameter(
      `Param effective_status[${odd}] must be one of {${statuses.join(', ')}} - got "${names[odd]}".`,
    )
  return names.includes('DELETED') ? refuseDeleted() : { names }
}
