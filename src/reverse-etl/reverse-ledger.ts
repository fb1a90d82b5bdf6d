/** What a run did, counted the way promise 3 balances it. */
import { emptyReverseLedger, type ReverseLedger } from '../model/ledger.ts'
import type { Comparison } from './compare.ts'
import type { Delivered } from './deliver.ts'

export type Sending = {
  readonly delivered: Pick<Delivered, 'delivered' | 'rejected' | 'absent'>
  /** Changes that were to go, from the first on. */
  readonly limit: number
  /** A guard held everything but the opt-outs. */
  readonly held: boolean
}

export function ledgerOf(comparison: Comparison, { delivered, limit, held }: Sending): ReverseLedger {
  const { counts, changes, settled } = comparison
  const settledCounts = held
    ? { coalesced: 0, ignored: 0, rejected: 0, parked: 0, held_back: settled.rows }
    : {
        coalesced: counts.coalesced,
        ignored: counts.ignored,
        rejected: counts.rejected,
        parked: counts.parked,
        held_back: counts.held_back,
      }
  return {
    ...emptyReverseLedger,
    ...modelCounts(comparison),
    delivered: delivered.delivered,
    absent: delivered.absent,
    rejected: delivered.rejected + settledCounts.rejected,
    unknown: limit - delivered.delivered - delivered.rejected - delivered.absent,
    held_back: settledCounts.held_back + (changes.rows - limit) + comparison.leftOut,
    ignored: settledCounts.ignored,
    parked: settledCounts.parked,
    coalesced: settledCounts.coalesced,
    withheld: held ? 0 : counts.withheld,
  }
}

/** Nothing was sent: every change was taken for accepted. */
export function baselineLedger(comparison: Comparison, refused: number): ReverseLedger {
  const { counts, changes } = comparison
  return {
    ...emptyReverseLedger,
    ...modelCounts(comparison),
    coalesced: changes.rows - refused + counts.coalesced,
    held_back: counts.held_back + comparison.leftOut,
    ignored: counts.ignored,
    rejected: counts.rejected + refused,
    parked: counts.parked,
  }
}

/** Nothing was sent, and nothing was taken for accepted. */
export const stoppedLedger = (comparison: Comparison): ReverseLedger => ({
  ...emptyReverseLedger,
  ...modelCounts(comparison),
  held_back: differing(comparison),
})

function modelCounts({ diff }: Comparison) {
  const { model_rows, added, changed, unchanged, retry, invalid, removed } = diff
  return { model_rows, added, changed, unchanged, retry, invalid, removed }
}

const differing = ({ diff }: Comparison): number => diff.added + diff.changed + diff.removed + diff.retry
