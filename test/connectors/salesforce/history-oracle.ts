/**
 * What the tables promise of an org's records, whatever the code does for it: a row is as the org had it at some time, never
 * older than it was told before, nor than what the last complete scan was to read.
 */
import { expect } from 'vitest'
import type { Json, JsonObject, LogicalType, Stream } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { employeesPerSite } from '../../../connectors/salesforce/sandbox/formula.ts'
import type { TextRow } from '../../../src/warehouse/port.ts'
import type { World } from '../../etl/world.ts'

type State = {
  /** null: deleted, or not there yet. */
  readonly text: string | null
  readonly stampMs: number
  readonly seenMs: number
}
type Known = {
  readonly states: State[]
  /** The oldest that complete scans leave, and that the table may tell. */
  owed: number
  least: number
  /** The table had it. */
  stands: boolean
  /** Out of the recycle bin. */
  isPurged: boolean
}

export class Oracle {
  readonly #context: SimulatorContext
  readonly #streams: readonly Stream[]
  readonly #nowMs: () => number
  readonly #known: ReadonlyMap<string, Map<string, Known>>

  constructor(context: SimulatorContext, streams: readonly Stream[], nowMs: () => number) {
    this.#context = context
    this.#streams = streams
    this.#nowMs = nowMs
    this.#known = new Map(streams.map(({ name }) => [name, new Map()]))
  }

  /** The org has changed. */
  look(): void {
    const seenMs = this.#nowMs()
    for (const stream of this.#streams) {
      const of = this.#of(stream.name)
      const there = new Map(this.#context.store.all(stream.name))
      for (const [id, record] of there) {
        const own = of.get(id) ?? { states: [never], owed: 0, least: 0, stands: false, isPurged: false }
        of.set(id, own)
        const isDeleted = record['IsDeleted'] === true && !stream.appendOnly
        const text = isDeleted ? null : textOf(stream, { ...record, [formula]: employeesPerSite(record) })
        const stampMs = Date.parse(String(record[stream.version ?? 'SystemModstamp']))
        if (own.states.at(-1)?.text !== text) own.states.push({ text, stampMs, seenMs })
      }
      for (const [id, own] of of) own.isPurged = !there.has(id)
    }
  }

  /** Of the records that nobody has touched since it began. `beforeMs`: the scan's bound. */
  complete(name: string, { beganMs, beforeMs }: { readonly beganMs: number; readonly beforeMs: number }): void {
    for (const own of this.#of(name).values()) {
      const index = own.states.length - 1
      const last = own.states[index]
      if (last && !own.isPurged && last.seenMs < beganMs && last.stampMs < beforeMs) own.owed = index
    }
  }

  /** `closed`: nothing is behind. `replaced`: tables may have been replaced as a whole, without what is gone. */
  async check(world: World, { closed, replaced }: { readonly closed: boolean; readonly replaced: boolean }) {
    this.look()
    for (const stream of this.#streams) {
      const [table] = await world.rows(
        `SELECT table_name FROM duckdb_tables() WHERE schema_name = 'crm' AND replace(table_name, '_', '') = '${plain(stream.name)}'`,
      )
      const rows = table ? await world.rows(`SELECT * FROM crm."${table['table_name']}"`) : []
      const standing = new Set(rows.map((row) => String(cell(row, 'Id'))))
      expect(standing.size, `${stream.name}: a row stands twice`).toBe(rows.length)
      for (const row of rows) {
        const id = String(cell(row, 'Id'))
        const own = this.#of(stream.name).get(id)
        const isGone = (cell(row, '_deleted_at') ?? null) !== null
        const text = isGone ? null : textOf(stream, row)
        const from = Math.max(1, own?.least ?? 1, own?.owed ?? 1)
        const found = own?.states.findIndex((state, index) => index >= from && state.text === text) ?? -1
        if (!own || found < 0)
          expect.fail(
            `${stream.name} ${id}: older than was known, or of no time: ${JSON.stringify({ text, own }, null, 1)}`,
          )
        own.least = found
        own.stands = true
        if (closed) expect(text, `${stream.name} ${id}`).toBe(own.isPurged ? null : own.states.at(-1)?.text)
      }
      for (const [id, own] of this.#of(stream.name)) {
        if (standing.has(id)) continue
        if (replaced) own.stands = false
        const mayLack = own.states.some(({ text }, index) => index >= own.owed && text === null) || own.isPurged
        const isDue = closed && own.states.at(-1)?.text !== null && !own.isPurged
        if (own.stands || !mayLack || isDue)
          expect.fail(`${stream.name} ${id} is missing: ${JSON.stringify(own, null, 1)}`)
      }
    }
  }

  #of = (name: string): Map<string, Known> => this.#known.get(name) ?? new Map<string, Known>()
}

const never: State = { text: null, stampMs: 0, seenMs: 0 }
const formula = 'Employees_Per_Site__c'

const plain = (name: string) => name.replaceAll('_', '').toLowerCase()

/** The table has `billing_city` for BillingCity. */
function cell(row: TextRow | JsonObject, field: string): Json | string | undefined {
  return row[field] ?? row[Object.keys(row).find((name) => plain(name) === plain(field)) ?? field]
}

/** All columns in one form, of the org's record and of the table's row; addresses stand in their parts, too. */
const textOf = ({ columns, appendOnly }: Stream, row: TextRow | JsonObject): string =>
  JSON.stringify(
    Object.entries(columns)
      // A history has what its flag was when it was read.
      .filter(([field, type]) => type !== 'json' && !(appendOnly && field === 'IsDeleted'))
      .map(([field, type]) => [field, canon(type, cell(row, field) ?? null)]),
  )

function canon(type: LogicalType, value: Json | string): string | number | null {
  if (value === null || value === '') return null
  const text = String(value)
  if (type === 'timestamp') return Date.parse(text.includes('T') ? text : `${text.replace(' ', 'T')}Z`)
  if (type === 'integer' || type === 'double' || type.startsWith('decimal')) return Number(text)
  // A history has `7.0` for a whole number.
  return text.replace(/^(\d+)\.0$/, '$1')
}
