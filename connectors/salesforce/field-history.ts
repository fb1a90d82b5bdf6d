import type { FieldHistory } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { describeObject, type DescribeSObjectResult, type Field } from './describe.ts'
import type { Tracking } from './tracking.ts'

/**
 * What a history object tells: AccountHistory, OpportunityFieldHistory, Thing__History. undefined for all others
 * (OpportunityHistory among them, which has a row per stage and not per field).
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm
 */
export async function describeHistory(
  api: SalesforceApi,
  history: DescribeSObjectResult,
  { tracking, signal }: { readonly tracking: Tracking; readonly signal: AbortSignal },
): Promise<FieldHistory | undefined> {
  const parentName = parentOf(history)
  const record = history.fields.find((field) => parentName !== undefined && field.referenceTo?.includes(parentName))
  const parent = parentName !== undefined && record && (await describeObject(api, parentName, signal))
  if (parentName === undefined || !record || !parent) return undefined
  return {
    of: parentName,
    record: record.name,
    field: 'Field',
    from: 'OldValue',
    to: 'NewValue',
    at: 'CreatedDate',
    by: 'CreatedById',
    // A lookup is written twice: its Id with EntityId, its name with Text.
    ...(history.fields.some(({ name }) => name === 'DataType') && { kind: 'DataType', keyKind: 'EntityId' }),
    who: { stream: 'User', key: 'Id', name: 'Name' },
    createdAt: 'CreatedDate',
    tracked: trackedIn(parent, await tracking(parent.name, signal)),
    names: Object.fromEntries(
      parent.fields.flatMap((field) => (historyName(field) === field.name ? [] : [[historyName(field), field.name]])),
    ),
    ...(parent.fields.some((field) => historyName(field) === 'Owner') && { otherNames: ownerNames }),
  }
}

export const isHistory = (object: Pick<DescribeSObjectResult, 'fields'>): boolean =>
  ['Field', 'OldValue', 'NewValue', 'CreatedDate'].every((name) => object.fields.some((field) => field.name === name))

function parentOf(history: DescribeSObjectResult): string | undefined {
  if (!isHistory(history)) return undefined
  if (history.name.endsWith('__History')) return `${history.name.slice(0, -'__History'.length)}__c`
  return /^(.+?)(?:Field)?History$/.exec(history.name)?.[1]
}

/**
 * How cases and leads tell of a new owner: one that was assigned, took the record from a queue, or got it as it was escalated.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_casehistory.htm
 */
const ownerNames = { ownerAssignment: 'Owner', ownerAccepted: 'Owner', ownerEscalated: 'Owner' }

/** The tracked fields as the history rows spell them. A compound that is tracked has its parts in the rows. */
function trackedIn({ fields }: DescribeSObjectResult, flagged: ReadonlySet<string>): FieldHistory['tracked'] {
  const tracked = fields.filter(
    (field) => flagged.has(field.name) || (field.compoundFieldName && flagged.has(field.compoundFieldName)),
  )
  return Object.fromEntries(tracked.map((field) => [historyName(field), field.name]))
}

/** Standard lookups are spelled by their relationship (`Owner` for OwnerId), all others by their own name. */
const historyName = (field: Field): string =>
  field.type === 'reference' && !field.custom ? (field.relationshipName ?? field.name) : field.name
