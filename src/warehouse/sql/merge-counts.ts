/** What became of staged rows, as the warehouse counts it. */
import type { Engine } from './engine.ts'
import { sumLedgers, type EtlLedger } from '../../model/ledger.ts'
import { outcome } from './staged-rows.ts'

export type MergeCounts = Pick<
  EtlLedger,
  'inserted' | 'updated' | 'deleted' | 'unchanged' | 'stale' | 'replaced' | 'duplicates' | 'filtered' | 'closed'
>

/** Rows of a relation by what became of them. */
export async function countOutcomes(db: Engine, relation: string, became = outcome): Promise<MergeCounts> {
  const counts = { ...noCounts }
  for (const row of await db.rows(`SELECT ${became} AS outcome, count(*) AS n FROM ${relation} GROUP BY 1`)) {
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
