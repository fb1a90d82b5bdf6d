import type { Change, WriteResult } from 'millrace'
import type { SalesforceApi } from './client.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { findRecords } from './find-records.ts'
import { readRecords } from './read-back.ts'
import { isHeld } from './held-value.ts'
import { kindOf, type Row, type RowKind } from './row.ts'

export type Target = { readonly api: SalesforceApi; readonly object: DescribeSObjectResult }
export type Finding = { readonly match: string; readonly signal: AbortSignal }

/** The rows that go out, by kind; what is known without sending is in `results`. */
export async function findTargets(
  { api, object }: Target,
  changes: readonly Change[],
  { match, signal, results }: Finding & { readonly results: WriteResult[] },
): Promise<{ readonly [kind in RowKind]: readonly Row[] }> {
  const rowsOf = (...kinds: readonly RowKind[]) =>
    changes.flatMap((change, index): Row[] => (kinds.includes(kindOf(change)) ? [{ index, change, id: null }] : []))
  const inserts = await keepMissing({ api, object }, rowsOf('insert'), { match, signal, results })
  const present = await keepPresent({ api, object }, rowsOf('update', 'delete'), { match, signal, results })
  const [updates, deletions] = [
    present.filter(({ change }) => kindOf(change) === 'update'),
    present.filter(({ change }) => kindOf(change) === 'delete'),
  ]
  return { upsert: rowsOf('upsert'), insert: inserts, update: updates, delete: deletions }
}

type Keeping = Finding & { readonly results: WriteResult[] }

/** What is there as it was to be made was made by a run that did not hear of it. */
async function keepMissing(
  { api, object }: Target,
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
      record && Object.entries(change.fields).every(([name, value]) => isHeld(object, name, value, record))
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
    if (match !== 'Id' || /^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(change.key)) return true
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
    const [id, ...others] = found.idsOf(row.change)
    if (id !== undefined && others.length === 0) return [{ ...row, id }]
    results[row.index] =
      id === undefined
        ? { outcome: 'absent' }
        : {
            outcome: 'rejected',
            code: 'DUPLICATE_EXTERNAL_ID',
            message: `${match} names ${others.length + 1} records`,
            retryable: false,
          }
    return []
  })
}
