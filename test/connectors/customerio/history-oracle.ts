/**
 * What the tables promise of the vendor's rows, whatever the code does for it: a row is as the vendor had it at some time, never
 * older than it was told before, nor than when the last complete scan began that was to read it.
 */
import { expect } from 'vitest'
import type { Json, JsonObject, Stream } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import type { TextRow } from '../../../src/warehouse/port.ts'
import type { World } from '../../etl/world.ts'
import { reads, truthOf } from './history-vendor.ts'

type Known = {
  /** How the row was, in order, from its absence (null) on. */
  readonly states: (string | null)[]
  /** The oldest of these that complete scans leave, and that the table may tell. */
  owed: number
  least: number
  /** The table had it. */
  stands: boolean
}

export type Oracle = {
  /** The vendor has changed. */
  readonly look: () => void
  /** A scan is to read the rows of which `isAsked`. One that was begun before is as it was then. */
  readonly begin: (name: string, scan: string, isAsked: (row: JsonObject) => boolean) => void
  /** `sweeps`: what it did not find is gone. */
  readonly complete: (name: string, scan: string, sweeps: boolean) => void
  /** `replaced`: tables may have been replaced as a whole, without what is gone. `closed`: nothing is behind, in no column. */
  readonly check: (
    world: World,
    how: { readonly scd2: boolean; readonly replaced: boolean; readonly closed: boolean },
  ) => Promise<void>
}

export function createOracle(context: SimulatorContext, streams: readonly Stream[]): Oracle {
  const known = new Map(streams.map(({ name }) => [name, new Map<string, Known>()]))
  const begun = new Map<string, ReadonlyMap<string, number>>()
  const of = (name: string) => known.get(name) ?? new Map<string, Known>()
  const keyOf = ({ key }: Stream, row: JsonObject | TextRow) => key.map((field) => String(row[field])).join(' ')
  const thereOf = (stream: Stream) => new Map(truthOf(context, stream.name).map((row) => [keyOf(stream, row), row]))
  const find = (name: string) => streams.filter((stream) => stream.name === name)

  const look = () => {
    for (const stream of streams) {
      const there = thereOf(stream)
      const all = of(stream.name)
      for (const key of there.keys())
        if (!all.has(key)) all.set(key, { states: [null], owed: 0, least: 0, stands: false })
      for (const [key, { states }] of all) {
        const row = there.get(key)
        // What a log shows no more is not gone for it.
        if (!row && stream.enumerates !== true) continue
        const text = row ? stableText(stream, row) : null
        if (states.at(-1) !== text) states.push(text)
      }
    }
  }
  return {
    look,
    begin(name, scan, isAsked) {
      if (begun.has(scan)) return
      look()
      for (const stream of find(name)) {
        const there = thereOf(stream)
        const asked = [...of(name)].filter(([key]) => {
          const row = there.get(key)
          return row ? isAsked(row) : stream.enumerates === true
        })
        begun.set(scan, new Map(asked.map(([key, { states }]) => [key, states.length - 1])))
      }
    },
    complete(name, scan, sweeps) {
      for (const stream of find(name)) {
        const there = thereOf(stream)
        for (const [key, index] of begun.get(scan) ?? []) {
          const own = of(name).get(key)
          const isShown = stream.enumerates === true || there.has(key)
          if (own && isShown && (sweeps || own.states[index] !== null)) own.owed = Math.max(own.owed, index)
        }
      }
    },
    async check(world, { scd2, replaced, closed }) {
      look()
      for (const stream of streams) {
        const { name } = stream
        const newest = scd2
          ? `QUALIFY row_number() OVER (PARTITION BY ${stream.key.join(', ')} ORDER BY is_current DESC, valid_from DESC) = 1`
          : ''
        const [table] = await world.rows(
          `SELECT 1 FROM duckdb_tables() WHERE schema_name = 'crm' AND table_name = '${name}'`,
        )
        const rows = table ? await world.rows(`SELECT * FROM crm.${name} ${newest}`) : []
        const there = thereOf(stream)
        const standing = new Set(rows.map((row) => keyOf(stream, row)))
        expect(standing.size, `${name}: a row stands twice`).toBe(rows.length)
        for (const row of rows) {
          const key = keyOf(stream, row)
          const own = of(name).get(key)
          if (own) own.least = Math.max(own.least, own.owed)
          const text = row['_deleted_at'] === null ? stableText(stream, row) : null
          const found = own?.states.indexOf(text, own.least) ?? -1
          const told = `${name} ${key}: older than was known, or of no time`
          if (!own || found < 0) expect.fail(`${told}: ${JSON.stringify({ row, own }, null, 1)}`)
          own.least = found
          own.stands = true
          const truth = there.get(key)
          if (closed && stream.enumerates === true && text !== null && truth)
            expect(textOf(stream, row, []), `${name} ${key}`).toBe(textOf(stream, truth, []))
        }
        for (const [key, own] of of(name)) {
          if (standing.has(key)) continue
          // A trial (`--limit`) that replaces takes the place of what trials and parts have loaded.
          own.least = replaced ? own.owed : Math.max(own.least, own.owed)
          if (replaced) own.stands = false
          const mayLack = own.states.indexOf(null, own.least) >= 0
          if (own.stands || !mayLack) expect.fail(`${name} ${key} is missing: ${JSON.stringify(own, null, 1)}`)
        }
      }
    },
  }
}

/** Without what runs may leave out or mask. Of activities who they were of is told as it is now, and they are appended once. */
function stableText(stream: Stream, row: JsonObject | TextRow): string {
  const { name } = stream
  if (name === 'activities') return `${row['id']} ${row['type']} ${row['timestamp'] === null}`
  return textOf(stream, name === 'people' ? { ...row, attributes: pick(row['attributes']) } : row, [
    reads[name]?.varied ?? '',
  ])
}

/** Which attributes an export has is up to the run. */
const pick = (attributes: Json | undefined): JsonObject => {
  const of: unknown = typeof attributes === 'string' ? JSON.parse(attributes) : attributes
  return { rev: typeof of === 'object' && of !== null && 'rev' in of ? String(of.rev) : null }
}

/** All columns in one form, of the vendor's row and of the table's. */
function textOf({ columns }: Stream, row: JsonObject | TextRow, without: readonly string[]): string {
  const isStored = '_run_id' in row
  return JSON.stringify(
    Object.entries(columns)
      .filter(([field]) => !without.includes(field))
      .map(([field, type]) => {
        const value: unknown = row[field] ?? null
        if (value === null || value === 'null') return [field, null]
        if (type === 'timestamp')
          return [field, isStored ? Date.parse(`${String(value).replace(' ', 'T')}Z`) : Number(value) * 1000]
        if (type === 'json') return [field, sorted(isStored && typeof value === 'string' ? JSON.parse(value) : value)]
        return [field, String(value)]
      }),
  )
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
