import type { Change, WriteResult } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { findRecords } from './find-records.ts'
import { readRecords } from './read-back.ts'
import { isHeld, type Parents } from './held-value.ts'
import { recordId } from './record-id.ts'
import { isFixed } from './relationship.ts'
import { kindOf, type Row, type RowKind } from './row.ts'

export type Target = {
  readonly api: SalesforceApi
  readonly object: DescribeSObjectResult
  readonly parents: Parents
}
export type Finding = { readonly match: string; readonly signal: AbortSignal }

/** The rows that go out, by kind; what is known without sending is in `results`. */
export async function findTargets(
  target: Target,
  changes: readonly Change[],
  { match, signal, results }: Finding & { readonly results: WriteResult[] },
): Promise<{ readonly [kind in RowKind]: readonly Row[] }> {
  const rowsOf = (...kinds: readonly RowKind[]) =>
    changes.flatMap((change, index): Row[] => (kinds.includes(kindOf(change)) ? [{ index, change, id: null }] : []))
  const upserts = await divideUpserts(target, rowsOf('upsert'), { match, signal, results })
  const inserts = await keepMissing(target, rowsOf('insert'), { match, signal, results })
  const present = await keepPresent(target, rowsOf('update', 'delete'), { match, signal, results })
  return {
    upsert: upserts.whole,
    insert: inserts,
    update: [...upserts.parts, ...present.filter(({ change }) => kindOf(change) === 'update')],
    delete: present.filter(({ change }) => kindOf(change) === 'delete'),
  }
}

/**
 * What can be set on a new record only (the parent of a detail, often) would have Salesforce refuse each later upsert of the
 * row. A record that is there gets the other fields, if it holds these as they are.
 */
async function divideUpserts(
  { api, object, parents }: Target,
  rows: readonly Row[],
  { match, signal, results }: Keeping,
): Promise<{ readonly whole: readonly Row[]; readonly parts: readonly Row[] }> {
  const fixedOf = ({ change }: Row) =>
    Object.entries(change.fields).filter(([name]) => name !== match && isFixed(object, name))
  const fixed = rows.filter((row) => fixedOf(row).length > 0)
  if (fixed.length === 0) return { whole: rows, parts: [] }
  const asked = fixed.map((row) => ({ ...row.change, fields: Object.fromEntries(fixedOf(row)) }))
  const held = await readRecords(api, object, asked, { match, signal })
  const recordOf = new Map(fixed.map(({ index }, at) => [index, held[at]]))
  const parts: Row[] = []
  const whole = rows.filter((row) => {
    const record = recordOf.get(row.index)
    if (!record) return true
    const other = fixedOf(row).find((entry) => !isHeld({ object, parents }, entry, record.fields))
    if (other)
      results[row.index] = {
        outcome: 'rejected',
        code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
        message: `${other[0]} can be set on a new record only, and this one holds another value`,
        retryable: false,
      }
    else {
      const names = new Set(fixedOf(row).map(([name]) => name))
      const fields = Object.fromEntries(Object.entries(row.change.fields).filter(([name]) => !names.has(name)))
      parts.push({ ...row, id: record.id, change: { ...row.change, fields } })
    }
    return false
  })
  return { whole, parts }
}

type Keeping = Finding & { readonly results: WriteResult[] }

/** What is there as it was to be made was made by a run that did not hear of it. */
async function keepMissing(
  { api, object, parents }: Target,
  rows: readonly Row[],
  { match, signal, results }: Keeping,
): Promise<readonly Row[]> {
  if (rows.length === 0) return []
  const held = await readRecords(
    api,
    object,
    rows.map(({ change }) => change),
    { match, signal },
  )
  return rows.filter(({ index, change }, at) => {
    const record = held[at]
    if (record === null) return true
    results[index] =
      record && Object.entries(change.fields).every((entry) => isHeld({ object, parents }, entry, record.fields))
        ? { outcome: 'ok' }
        : {
            outcome: 'rejected',
            code: 'DUPLICATE_VALUE',
            message: `a record with this ${match} is there already`,
            retryable: false,
          }
    return false
  })
}

async function keepPresent(
  { api, object }: Target,
  rows: readonly Row[],
  { match, signal, results }: Keeping,
): Promise<readonly Row[]> {
  const wanted = rows.filter(({ index, change }) => {
    // One malformed Id would fail the query for all.
    if (match !== 'Id' || recordId.test(change.key)) return true
    results[index] = {
      outcome: 'rejected',
      code: 'MALFORMED_ID',
      message: 'this is not a Salesforce Id',
      retryable: false,
    }
    return false
  })
  if (wanted.length === 0) return []
  const found = await findRecords(
    api,
    object,
    wanted.map(({ change }) => change),
    { match, signal },
  )
  return wanted.flatMap((row): Row[] => {
    const [record, ...others] = found(row.change)
    if (record && others.length === 0) return [{ ...row, id: String(record['Id']) }]
    results[row.index] = record
      ? {
          outcome: 'rejected',
          code: 'DUPLICATE_EXTERNAL_ID',
          message: `${match} names ${others.length + 1} records`,
          retryable: false,
        }
      : { outcome: 'absent' }
    return []
  })
}
