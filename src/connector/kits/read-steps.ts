import { readFileSync } from 'node:fs'
import { parseExact } from '../../model/cut-page.ts'
import type { Json } from '../../model/json.ts'
import type { WholeOf } from '../checkpoint.ts'
import type { Batch, ScanItem, Stream } from '../contract.ts'
import { parseCsv } from './parse-csv.ts'

export type Row = { readonly [field: string]: Json }

/** A scan's items, with the rows of every kind of batch. */
export type Step =
  | {
      readonly kind: 'rows'
      readonly stream: string
      readonly rows: readonly Row[]
      readonly gone: readonly Row[]
      /** Of rows inside others: whose sets these are, complete. */
      readonly parents?: readonly string[]
    }
  | { readonly kind: 'checkpoint'; readonly resume: Json; readonly wholeOf: WholeOf | null }

/** At once, as the item comes: a file may be deleted after. */
export function stepOf(stream: string, item: ScanItem): Step {
  if (item.kind === 'checkpoint')
    return { kind: 'checkpoint', resume: asStored(item.resume), wholeOf: item.wholeOf ?? null }
  const of = item.child?.stream ?? stream
  if (item.kind === 'tombstones') return { kind: 'rows', stream: of, rows: [], gone: item.keys }
  return { kind: 'rows', stream: of, rows: rowsOf(item), gone: [], ...(item.child && { parents: item.child.parents }) }
}

function rowsOf(batch: Exclude<Batch, { readonly kind: 'tombstones' }>): readonly Row[] {
  switch (batch.kind) {
    case 'records':
      return batch.records.map((record) => parseRow(JSON.stringify(record)))
    case 'lines':
      return linesOf(batch.lines).map(parseRow)
    case 'file':
      return batch.format === 'csv'
        ? parseCsv(readFileSync(batch.path, 'utf8'))
        : linesOf(readFileSync(batch.path)).map(parseRow)
  }
}

/** The rows of a stream that came; not those that are told to be gone. */
export const rowsIn = (steps: readonly Step[], stream: string): readonly Row[] =>
  steps.flatMap((step) => (step.kind === 'rows' && step.stream === stream ? step.rows : []))

/** Whose rows these steps say that they are all of, in one order: the last word counts. null: everybody's. */
export function wholeOfIn(steps: readonly Step[]): WholeOf | null {
  const said = steps.findLast((step) => step.kind === 'checkpoint' && step.wholeOf !== null)
  if (said?.kind !== 'checkpoint' || said.wholeOf === null) return null
  const { field, values } = said.wholeOf
  return { field, values: [...new Set(values)].sort() }
}

/** Stream → key → the row's text: what a warehouse would hold after these steps. */
export function mergeSteps(steps: readonly Step[], keys: KeysOf): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const merged = new Map<string, Map<string, string>>()
  for (const step of steps) {
    if (step.kind === 'checkpoint') continue
    const rows = merged.get(step.stream) ?? new Map<string, string>()
    merged.set(step.stream, rows)
    for (const row of step.rows) rows.set(keyText(row, keys(step.stream)), textOf(row))
    for (const row of step.gone) rows.delete(keyText(row, keys(step.stream)))
  }
  return merged
}

export type KeysOf = (stream: string) => readonly string[]

export const keysOf =
  (stream: Stream): KeysOf =>
  (name) =>
    (name === stream.name ? stream : stream.children.find((child) => child.name === name))?.key ?? []

/** A row without a key is its own. */
export const keyText = (row: Row, key: readonly string[]): string =>
  JSON.stringify(key.length === 0 ? textOf(row) : key.map((field) => row[field] ?? null))

/** The same for the same fields in any order. */
const textOf = (row: Row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))

const linesOf = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
const parseRow = (text: string): Row => parseExact(Buffer.from(text)) as Row // one object a line, by the contract
/** A checkpoint goes through the warehouse as JSON. */
function asStored(resume: Json): Json {
  const stored: Json = JSON.parse(JSON.stringify(resume))
  return stored
}
