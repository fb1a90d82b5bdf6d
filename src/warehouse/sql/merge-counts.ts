/** What became of staged rows, as the warehouse counts it. */
import type { Engine } from './engine.ts'
import { sumLedgers, type EtlLedger } from '../../model/ledger.ts'

export type MergeCounts = Pick<
  EtlLedger,
  'inserted' | 'updated' | 'deleted' | 'unchanged' | 'stale' | 'replaced' | 'duplicates' | 'filtered' | 'closed'
>

/** `sql` gives a class and its number of rows, as `outcome` and `n`. */
export async function countOutcomes(db: Engine, sql: string): Promise<MergeCounts> {
  const counts = { ...noCounts }
  for (const row of await db.rows(sql)) {
    const name = row['outcome']
    if (name !== undefined && name !== null && isOutcome(name)) counts[name] = Number(row['n'])
  }
  return counts
}

const isOutcome = (name: string): name is keyof MergeCounts => Object.hasOwn(noCounts, name)

export const plus = (a: MergeCounts, b: MergeCounts): MergeCounts => sumLedgers(a, [b])

export const noCounts: MergeCounts = {
  inserted: 0,
  updated: 0,
  deleted: 0,
  unchanged: 0,
  stale: 0,
  replaced: 0,
  duplicates: 0,
  filtered: 0,
  closed: 0,
}
