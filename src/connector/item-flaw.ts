/** What a connector of the project's own yields, held against what its types promise. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Batch, Scan, ScanItem, Stream } from './contract.ts'
import { isInstant } from './instant-text.ts'
import { recordsFlaw } from './record-flaw.ts'
import { textOf } from './text-of.ts'
import { wholeOfFlaw } from './whole-of-flaw.ts'
import { windowsFlaw } from './windows-flaw.ts'

type Reading = { readonly stream: Stream; readonly scan: Scan }

/** What is wrong with an item; null: nothing. */
export function itemFlaw(item: ScanItem, reading: Reading): string | null {
  const { kind, readAt } = Object(item) as { readonly [name: string]: unknown } // what is not typed may yield anything
  if (kind === 'checkpoint')
    return (
      storedFlaw('resume' in item ? item.resume : undefined, 'the `resume` of a checkpoint') ??
      windowsFlaw(item, reading.stream) ??
      wholeOfFlaw(item, reading.stream)
    )
  if (!(readAt instanceof Date) || Number.isNaN(readAt.getTime()))
    return `it yielded ${kind === undefined ? textOf(item) : `a batch of ${textOf(kind)}`} without a \`readAt\` that is a Date`
  if (item.kind === 'checkpoint') return null
  return childFlaw(item, reading.stream) ?? batchFlaw(item, reading)
}

function batchFlaw(batch: Batch, { stream, scan }: Reading): string | null {
  switch (batch.kind) {
    case 'records':
      return recordsFlaw(batch.records, columnsOf(batch, stream)) ?? strayFlaw(batch, stream)
    case 'lines': {
      const lines = countLines(batch.lines)
      return lines === batch.rows ? null : `a batch says that it has ${batch.rows} rows, and has ${lines} lines`
    }
    case 'file':
      return fileFlaw(batch, batch.child ? [] : scan.fields)
    case 'tombstones':
      return tombstonesFlaw(batch)
    default:
      return `it yielded a batch of ${textOf((batch as { readonly kind: unknown }).kind)}, which there is not` // untyped
  }
}

const columnsOf = ({ child }: Batch, stream: Stream): Stream['columns'] =>
  child ? (stream.children.find(({ name }) => name === child.stream)?.columns ?? {}) : stream.columns

/** Rows of a child that nobody declared would go nowhere; keys that are not text would find no row. */
function childFlaw({ child }: Batch, { name, children }: Stream): string | null {
  if (!child) return null
  const { stream, parents } = Object(child) as { readonly stream?: unknown; readonly parents?: unknown } // checked here
  const declared = children.map((each) => each.name)
  if (typeof stream !== 'string' || !declared.includes(stream))
    return `a batch is of the child ${textOf(stream)}, and ${name} has ${declared.length === 0 ? 'no `children`' : `the children ${declared.join(', ')}`}`
  if (!Array.isArray(parents)) return `a batch of ${stream} has \`parents\` that are no list, but ${textOf(parents)}`
  const keys: readonly unknown[] = parents
  for (const parent of keys)
    if (typeof parent !== 'string')
      return `a batch of ${stream} has among its \`parents\` ${textOf(parent)} (${typeof parent}): they are keys as text`
  return null
}

/** A row of a parent whose set did not come would stand beside what it replaces. */
function strayFlaw(batch: Extract<Batch, { kind: 'records' }>, { children }: Stream): string | null {
  const child = children.find(({ name }) => name === batch.child?.stream)
  if (!child || !batch.child) return null
  const { parent, name } = child
  const parents: ReadonlySet<string> = new Set(batch.child.parents)
  for (const { [parent]: of } of batch.records) {
    const isKey = typeof of === 'string' || typeof of === 'number' || typeof of === 'bigint'
    if (isKey && !parents.has(String(of)))
      return `a row of ${name} has the ${parent} ${textOf(of)}, which is not among the \`parents\` of its batch`
  }
  return null
}

/** What is kept between runs goes through the warehouse as JSON. */
export function storedFlaw(value: unknown, what: string): string | null {
  const text = jsonOf(value)
  if (text === null) return `${what} is not JSON, and would come back as something else`
  return unstorable.test(text)
    ? `${what} has a NUL or half of a character (a lone surrogate) in a text, which no warehouse can hold`
    : null
}

/** Its escape in what `JSON.stringify` writes; a backslash before it would be a backslash of the text. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** null: it would come back as something else. */
function jsonOf(value: unknown): string | null {
  try {
    const text = JSON.stringify(value) as string | undefined // of undefined and functions it makes nothing
    return text !== undefined && isDeepStrictEqual(JSON.parse(text), value) ? text : null
  } catch {
    return null
  }
}

function tombstonesFlaw({ keys, version }: Extract<Batch, { kind: 'tombstones' }>): string | null {
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'object' || key === null))
    return 'the `keys` of tombstones are no list of objects'
  const stamp: unknown = version ?? null
  return stamp === null || (typeof stamp === 'string' && isInstant(stamp))
    ? null
    : `the \`version\` of tombstones is ${textOf(stamp)}, which is no instant`
}

/** @param fields those that a CSV has to have */
function fileFlaw({ path, format, rows }: Extract<Batch, { kind: 'file' }>, fields: readonly string[]): string | null {
  if (typeof path !== 'string' || statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return `a batch is of the file ${textOf(path)}, which there is not`
  if (!['csv', 'ndjson'].includes(format))
    return `a file is of the format ${textOf(format)}, which is none of csv, ndjson`
  if (!Number.isSafeInteger(rows) || rows < 0) return `the file ${path} says that it has ${textOf(rows)} rows`
  if (format !== 'csv') return null
  const header = headerOf(path)
  const twice = fields.find((field) => header.filter((name) => name === field.toLowerCase()).length > 1)
  if (twice !== undefined)
    return `the CSV ${path} names the column ${twice} twice in its first line: which of them is it?`
  const missing = fields.filter((field) => !header.includes(field.toLowerCase()))
  return missing.length === 0
    ? null
    : `the CSV ${path} has no column ${missing.join(', ')}; its first line has ${header.join(', ')}`
}

/** In lower case, as columns of a CSV are found. What stands in quotes may have a comma in it. */
function headerOf(path: string): readonly string[] {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(headerBytes)
    const text = bytes.toString('utf8', 0, readSync(file, bytes)).replace(/^\uFEFF/, '')
    const line = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0] ?? ''
    return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare = '']) =>
      (quoted?.replaceAll('""', '"') ?? bare).toLowerCase(),
    )
  } finally {
    closeSync(file)
  }
}

const headerBytes = 1024 * 1024

/** The last one may lack its line break. */
function countLines(lines: Uint8Array): number {
  let count = 0
  for (let at = lines.indexOf(lineBreak); at !== -1; at = lines.indexOf(lineBreak, at + 1)) count++
  return lines.length > 0 && lines.at(-1) !== lineBreak ? count + 1 : count
}

const lineBreak = 10
