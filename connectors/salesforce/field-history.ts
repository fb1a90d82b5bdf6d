import type { FieldHistory, Host } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { describeObject, type DescribeSObjectResult, type Field } from './describe.ts'
import { fetchQueryPage } from './query.ts'
import { quote } from './soql.ts'

/**
 * What a history object tells: AccountHistory, OpportunityFieldHistory, Thing__History. undefined for all others
 * (OpportunityHistory among them, which has a row per stage and not per field).
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm
 */
export async function describeHistory(
  api: SalesforceApi,
  history: DescribeSObjectResult,
  context: { readonly signal: AbortSignal; readonly host: Pick<Host, 'warn'> },
): Promise<FieldHistory | undefined> {
  const parentName = parentOf(history)
  const record = history.fields.find((field) => parentName !== undefined && field.referenceTo?.includes(parentName))
  const parent = parentName !== undefined && record && (await describeObject(api, parentName, context.signal))
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
    tracked: await readTracked(api, parent, context),
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

/**
 * The tracked fields as the history rows spell them. Only the Tooling API tells which are tracked.
 * https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_fielddefinition.htm
 */
async function readTracked(
  api: SalesforceApi,
  parent: DescribeSObjectResult,
  { signal, host }: { readonly signal: AbortSignal; readonly host: Pick<Host, 'warn'> },
): Promise<FieldHistory['tracked']> {
  // The flag is read and not filtered by: not every release takes it in a WHERE.
  const soql = `SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = ${quote(parent.name)}`
  const { lines } = await fetchQueryPage(api, { kind: 'tooling/query', soql, signal })
  const flagged = new Set<string>()
  for (const line of Buffer.from(lines).toString().split('\n')) {
    if (line === '') continue
    const definition: { readonly QualifiedApiName: string; readonly IsFieldHistoryTracked: boolean } = JSON.parse(line)
    if (definition.IsFieldHistoryTracked) flagged.add(definition.QualifiedApiName)
  }
  if (flagged.size === 0)
    host.warn(
      `${parent.name}: no field is tracked, or the user may not see which (View Setup and Configuration); there is no field history to build`,
    )
  // A compound that is tracked has its parts in the rows.
  const tracked = parent.fields.filter(
    (field) => flagged.has(field.name) || (field.compoundFieldName && flagged.has(field.compoundFieldName)),
  )
  return Object.fromEntries(tracked.map((field) => [historyName(field), field.name]))
}

/** Standard lookups are spelled by their relationship (`Owner` for OwnerId), all others by their own name. */
const historyName = (field: Field): string =>
  field.type === 'reference' && !field.custom ? (field.relationshipName ?? field.name) : field.name
