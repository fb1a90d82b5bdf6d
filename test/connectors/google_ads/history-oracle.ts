/**
 * What the tables promise of days in accounts, whatever the code does for it: a day's row is as the vendor had it at some time, never
 * older than it was told before, nor than what the last complete scan was to read; and there is none where there was none.
 */
import { expect } from 'vitest'
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import type { TextRow } from '../../../src/warehouse/port.ts'
import type { World } from '../../etl/world.ts'

type Known = {
  /** Impressions, which no two changes have alike; null: no row. */
  readonly states: { readonly value: string | null; readonly seenMs: number }[]
  /** The oldest that complete scans leave, and that the table may tell. */
  owed: number
  least: number
}

export class AdsOracle {
  readonly #context: SimulatorContext
  readonly #nowMs: () => number
  readonly #known: ReadonlyMap<string, Map<string, Known>>
  /** Account → when it was last seen switched off. */
  readonly #offMs = new Map<string, number>()

  constructor(context: SimulatorContext, streams: readonly string[], nowMs: () => number) {
    this.#context = context
    this.#nowMs = nowMs
    this.#known = new Map(streams.map((name) => [name, new Map()]))
  }

  /** The accounts have changed. */
  look(): void {
    const { store } = this.#context
    const seenMs = this.#nowMs()
    for (const [, account] of store.all('customer'))
      if (account['customer.status'] !== 'ENABLED') this.#offMs.set(String(account['customer.id']), Infinity)
      else if (this.#offMs.get(String(account['customer.id'])) === Infinity)
        this.#offMs.set(String(account['customer.id']), seenMs)
    for (const [stream, of] of this.#known) {
      const there = new Map([...store.all(stream)].map(([, row]) => [keyOf(row), String(row['metrics.impressions'])]))
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
      const [customer = '', , date = ''] = key.split('|')
      const index = own.states.length - 1
      const state = own.states[index]
      if (!state || state.seenMs >= scan.beganMs || (this.#offMs.get(customer) ?? -1) >= scan.beganMs) continue
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
      const here = new Map(rows.map((row) => [keyOf(row), String(row['metrics_impressions'])]))
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

const keyOf = (row: JsonObject | TextRow): string =>
  ['customer.id', 'campaign.id', 'segments.date']
    .map((field) => String(row[field] ?? row[field.replace('.', '_')] ?? ''))
    .join('|')
