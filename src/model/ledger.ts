/** What became of every row of a stream. Counted by the warehouse, checked inside the transaction (promise 3). */
export type EtlLedger = {
  readonly read: number
  readonly derived: number
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly unchanged: number
  readonly stale: number
  readonly duplicates: number
  readonly filtered: number
  readonly rejected: number
  /** Side counts, outside the balance. */
  readonly closed: number
  readonly replaced: number
  readonly swept: number
}

/** What became of every row of a model, and of every change that it made. */
export type ReverseLedger = {
  readonly model_rows: number
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly retry: number
  readonly invalid: number
  readonly filtered: number
  readonly removed: number
  readonly delivered: number
  readonly rejected: number
  readonly unknown: number
  readonly absent: number
  readonly parked: number
  readonly held_back: number
  readonly ignored: number
  readonly coalesced: number
  /** Side count: rows that went without an opt-in field that may not go. */
  readonly withheld: number
}

export const emptyEtlLedger: EtlLedger = {
  read: 0,
  derived: 0,
  inserted: 0,
  updated: 0,
  deleted: 0,
  unchanged: 0,
  stale: 0,
  duplicates: 0,
  filtered: 0,
  rejected: 0,
  closed: 0,
  replaced: 0,
  swept: 0,
}

export const emptyReverseLedger: ReverseLedger = {
  model_rows: 0,
  added: 0,
  changed: 0,
  unchanged: 0,
  retry: 0,
  invalid: 0,
  filtered: 0,
  removed: 0,
  delivered: 0,
  rejected: 0,
  unknown: 0,
  absent: 0,
  parked: 0,
  held_back: 0,
  ignored: 0,
  coalesced: 0,
  withheld: 0,
}

export const loaded = (ledger: EtlLedger): number => ledger.inserted + ledger.updated + ledger.deleted

export function sumLedgers<L extends Partial<EtlLedger>>(first: L, others: readonly L[]): L {
  const sum: Record<string, number> = { ...first }
  for (const ledger of others) for (const [name, count] of Object.entries(ledger)) sum[name] = (sum[name] ?? 0) + count
  return sum as L // the same names as `first`, all numbers
}

/** undefined: it balances; else the equation with its numbers, for the error. */
export function etlImbalance(l: EtlLedger): string | undefined {
  const came = l.read + l.derived
  const went = loaded(l) + l.unchanged + l.stale + l.duplicates + l.filtered + l.rejected
  return came === went
    ? undefined
    : `read ${l.read} + derived ${l.derived} ≠ inserted ${l.inserted} + updated ${l.updated} + deleted ${l.deleted} + ` +
        `unchanged ${l.unchanged} + stale ${l.stale} + duplicates ${l.duplicates} + filtered ${l.filtered} + rejected ${l.rejected}`
}

export function reverseImbalance(l: ReverseLedger): string | undefined {
  if (l.model_rows !== l.added + l.changed + l.unchanged + l.retry + l.invalid + l.filtered)
    return (
      `model_rows ${l.model_rows} ≠ added ${l.added} + changed ${l.changed} + unchanged ${l.unchanged} + ` +
      `retry ${l.retry} + invalid ${l.invalid} + filtered ${l.filtered}`
    )
  const differing = l.added + l.changed + l.removed + l.retry
  const outcomes = l.delivered + l.rejected + l.unknown + l.absent + l.parked + l.held_back + l.ignored + l.coalesced
  return differing === outcomes
    ? undefined
    : `added ${l.added} + changed ${l.changed} + removed ${l.removed} + retry ${l.retry} ≠ delivered ${l.delivered} + ` +
        `rejected ${l.rejected} + unknown ${l.unknown} + absent ${l.absent} + parked ${l.parked} + ` +
        `held_back ${l.held_back} + ignored ${l.ignored} + coalesced ${l.coalesced}`
}
