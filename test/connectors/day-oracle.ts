/**
 * What the tables promise of days in accounts, whatever the code does for it: a day's row is as the vendor had it at some time, never
 * older than it was told before, nor than what the last complete scan was to read; and there is none where there was none.
 */
import { expect } from 'vitest'
import type { TextRow } from '../../src/warehouse/port.ts'
import type { World } from '../etl/world.ts'

type Known = {
  /** null: no row. */
  readonly states: { readonly value: string | null; readonly seenMs: number }[]
  /** The oldest that complete scans leave, and that the table may tell. */
  owed: number
  least: number
}

/** Keys are account|…|day. */
export type Days = {
  /** All rows that the vendor has of a stream, and what tells one state of a row from another. */
  readonly truthOf: (stream: string) => ReadonlyMap<string, string>
  readonly keyOf: (row: TextRow) => string
  readonly valueOf: (row: TextRow) => string
  /** Accounts that cannot be read now. */
  readonly offNow: () => readonly string[]
  readonly nowMs: () => number
}

export class DayOracle {
  readonly #days: Days
  readonly #known: ReadonlyMap<string, Map<string, Known>>
  /** Account → when it was last seen switched off. */
  readonly #offMs = new Map<string, number>()

  constructor(streams: readonly string[], days: Days) {
    this.#days = days
    this.#known = new Map(streams.map((name) => [name, new Map()]))
  }

  /** The accounts have changed. */
  look(): void {
    const seenMs = this.#days.nowMs()
    const off = this.#days.offNow()
    for (const [account, ms] of this.#offMs)
      if (ms === Infinity && !off.includes(account)) this.#offMs.set(account, seenMs)
    for (const account of off) this.#offMs.set(account, Infinity)
    for (const [stream, of] of this.#known) {
      const there = this.#days.truthOf(stream)
      for (const key of there.keys())
        if (!of.has(key)) of.set(key, { states: [{ value: null, seenMs: 0 }], owed: 0, least: 0 })
      for (const [key, { states }] of of) {
        const value = there.get(key) ?? null
        if (states.at(-1)?.value !== value) states.push({ value, seenMs })
      }
    }
  }

  /** A scan of whole days of accounts that were on all the while. `first` null: from the first day with anything in it. */
  complete(
    stream: string,
    scan: { readonly beganMs: number; readonly first: string | null; readonly last: string },
  ): void {
    for (const [key, own] of this.#known.get(stream) ?? []) {
      const account = key.split('|', 1)[0] ?? ''
      const date = key.split('|').at(-1) ?? ''
      const index = own.states.length - 1
      const state = own.states[index]
      if (!state || state.seenMs >= scan.beganMs || (this.#offMs.get(account) ?? -1) >= scan.beganMs) continue
      if (date > scan.last || (scan.first === null ? state.value === null : date < scan.first)) continue
      own.owed = index
    }
  }

  async check(world: World): Promise<void> {
    this.look()
    for (const [stream, of] of this.#known) {
      const [table] = await world.rows(
        `SELECT 1 FROM duckdb_tables() WHERE schema_name = 'crm' AND table_name = '${stream}'`,
      )
      const rows = table ? await world.rows(`SELECT * FROM crm.${stream} WHERE _deleted_at IS NULL`) : []
      const here = new Map(rows.map((row) => [this.#days.keyOf(row), this.#days.valueOf(row)]))
      expect(here.size, `${stream}: a row stands twice`).toBe(rows.length)
      expect([...here.keys()].filter((key) => !of.has(key))).toEqual([])
      for (const [key, own] of of) {
        const value = here.get(key) ?? null
        const from = Math.max(own.least, own.owed)
        const found = own.states.findIndex((state, index) => index >= from && state.value === value)
        if (found < 0)
          expect.fail(
            `${stream} ${key}: older than was known, or of no time: ${JSON.stringify({ value, own }, null, 1)}`,
          )
        own.least = found
      }
    }
  }
}
