import { unheard, type Change, type MillraceError, type WriteContext, type WriteResult } from 'millrace'
import { checkMatch } from './collection-request.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { findTargets } from './find-targets.ts'
import { jobShape } from './ingest-rows.ts'
import { checkFields } from './relationship.ts'
import { isLocked } from './row-refusal.ts'
import { optsIn, rowKinds, type Row, type RowKind } from './row.ts'
import { failureBehind, orderByParent, sendCollections } from './write-collections.ts'
import { runJobs, type IngestPart } from './write-jobs.ts'
import type { BulkRules, Writing } from './writing.ts'

/**
 * Upserts go by external id; what must not create goes by Id, which is looked up first, and what must not change is looked for
 * first too. Many rows go as a job, few by collections. A row that another transaction holds is tried once more at the end;
 * after that it is the next run's.
 */
export async function writeChanges(
  writing: Writing,
  changes: readonly Change[],
  context: WriteContext,
): Promise<readonly WriteResult[]> {
  const { object } = writing
  const { match, signal } = context
  checkMatch(match, changes)
  checkFields(object, match, changes)
  const results: WriteResult[] = []
  const rows = await findTargets(writing, changes, { match, signal, results })
  const failure = await sendRows(writing, rows, { context, results })
  const none: WriteResult = failure ? unheard(failure) : { outcome: 'unknown', message: 'no result came for this row' }
  return changes.map((_, index) => results[index] ?? none)
}

/** What ended it before all rows had gone. */
async function sendRows(
  writing: Writing,
  rows: Rows,
  { context, results }: { readonly context: WriteContext; readonly results: WriteResult[] },
): Promise<MillraceError | undefined> {
  const { api, object, bulk } = writing
  const { jobs, rest } = splitForJobs(object, rows, bulk)
  const sending = { api, object, match: context.match, signal: context.signal, results }
  for (const kind of rowKinds) {
    const failure = await sendCollections(sending, kind, rest[kind])
    if (failure) return failure
  }
  try {
    for (const part of await runJobs(writing, jobs, { context, results })) {
      // The object or the user has no Bulk API.
      const failure = await sendCollections(sending, part.kind, part.rows)
      if (failure) return failure
    }
  } catch (error) {
    return failureBehind(results, error)
  }
  for (const kind of rowKinds) {
    const locked = rows[kind].filter((row) => isLocked(results[row.index]) && !optsIn(row))
    // Thousands of locked rows are not worth a request per fifty.
    if (locked.length > mostLocked) continue
    const failure = await sendCollections(sending, kind, orderByParent(object, locked), lockedRows)
    if (failure) return failure
  }
  return undefined
}

type Rows = { readonly [kind in RowKind]: readonly Row[] }

/** Rows with the same columns make a job, where they are many; what CSV cannot say stays with the few. */
export function splitForJobs(
  object: DescribeSObjectResult,
  rows: Rows,
  bulk: Pick<BulkRules, 'fromRows'>,
): { readonly jobs: readonly IngestPart[]; readonly rest: Rows } {
  const jobs: IngestPart[] = []
  const rest: { [kind in RowKind]: Row[] } = { upsert: [], insert: [], update: [], delete: [] }
  for (const kind of rowKinds) {
    const shapes = new Map<string | null, Row[]>()
    for (const row of rows[kind]) {
      const shape = jobShape(object, kind, row)
      const known = shapes.get(shape)
      if (known) known.push(row)
      else shapes.set(shape, [row])
    }
    for (const [shape, members] of shapes)
      if (shape !== null && members.length >= bulk.fromRows) jobs.push({ kind, rows: orderByParent(object, members) })
      else rest[kind].push(...members)
    // As they came: opt-outs first.
    rest[kind].sort((left, right) => left.index - right.index)
  }
  return { jobs, rest }
}

const mostLocked = 2_000
const lockedRows = 50
