import type { FieldHistory } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { Described } from './describe.ts'
import { quoted } from './soql.ts'

/** `AccountHistory`, `OpportunityFieldHistory`, `Thing__History`. */
export const isHistory = (described: Described): boolean =>
  /(FieldHistory|History|__History)$/.test(described.name) &&
  ['Field', 'OldValue', 'NewValue', 'CreatedDate'].every((name) =>
    described.fields.some((field) => field.name === name),
  )

/**
 * What the history rows mean. Tracked fields come from FieldDefinition; a history row spells a lookup by its relationship
 * (`Owner` for OwnerId, `Account` for AccountId), and writes it twice: as name and as Id, told apart by DataType.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm
 */
export async function fieldHistoryOf(
  api: SalesforceApi,
  described: Described,
  signal: AbortSignal,
): Promise<FieldHistory> {
  const of = parentOf(described.name)
  const tracked = await api.query(
    `SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = ${quoted(of)} AND IsFieldHistoryTracked = true`,
    signal,
  )
  const record =
    described.fields.find((field) => field.name === `${of}Id` || field.name === 'ParentId')?.name ?? `${of}Id`
  return {
    of,
    record,
    field: 'Field',
    from: 'OldValue',
    to: 'NewValue',
    at: 'CreatedDate',
    by: 'CreatedById',
    ...(described.fields.some((field) => field.name === 'DataType') ? { kind: 'DataType' } : {}),
    who: { stream: 'User', key: 'Id', name: 'Name' },
    createdAt: 'CreatedDate',
    tracked: Object.fromEntries(
      tracked.map((row) => [historyName(String(row['QualifiedApiName'])), String(row['QualifiedApiName'])]),
    ),
  }
}

function parentOf(name: string): string {
  if (name.endsWith('__History')) return name.replace(/__History$/, '__c')
  return name.replace(/(FieldHistory|History)$/, '')
}

/** `OwnerId` is written as `Owner`; custom lookups keep their name. */
const historyName = (field: string): string => (field.endsWith('Id') && field !== 'Id' ? field.slice(0, -2) : field)
