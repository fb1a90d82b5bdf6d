/** `connection discover`: a table of streams, one of objects; with a name, what is known of it and its fields. */
import type { DeleteKind, Discovered, DiscoveredObject, DiscoveredStream } from '../model/discovery.ts'
import { formatCount, formatSpan } from './format-number.ts'
import { makePaint } from './paint.ts'
import { printable } from './printable.ts'
import { renderTable } from './table.ts'

type Look = { readonly color: boolean }

export function discoveryText(found: readonly Discovered[], look: Look): string {
  const streams = found.filter((each) => each.type === 'stream')
  const objects = found.filter((each) => each.type === 'object')
  const tables: string[] = []
  if (streams.length > 0) tables.push(tableOf(streamHeaders, streams.map(streamRow), look))
  if (objects.length > 0) tables.push(tableOf(objectHeaders, objects.map(objectRow), look))
  return tables.join('\n')
}

export const detailText = (found: readonly Discovered[], look: Look): string =>
  found.map((each) => (each.type === 'stream' ? streamDetail(each, look) : objectDetail(each, look))).join('\n')

const streamHeaders = ['stream', 'key', 'cursor', 'lands by', 'deleted rows', 'fields']
const streamRow = (stream: DiscoveredStream): readonly string[] => [
  stream.inside === null ? stream.name : `  ${stream.name}`,
  stream.key.join(', ') || 'none',
  cursorText(stream),
  stream.mode,
  deletesText(stream),
  formatCount(Object.keys(stream.fields).length),
]

const objectHeaders = ['object', 'found by', 'operations', 'delivery', 'opt-outs', 'fields']
const objectRow = (object: DiscoveredObject): readonly string[] => [
  object.name,
  object.key.join(', '),
  object.operations.join(', '),
  object.delivery.replaceAll('_', ' '),
  object.opt_outs.join(', '),
  formatCount(Object.keys(object.fields).length),
]

function streamDetail(stream: DiscoveredStream, look: Look): string {
  const { cursor, counts, calculated } = stream
  const facts = [
    ['key', stream.key.join(', ') || 'none'],
    ['cursor', cursorText(stream)],
    ['full pass', fullText(stream)],
    ['lag', waitText(cursor.lag_seconds, cursor.overlap_seconds)],
    ['backfill', backfillText(stream)],
    ['lands by', stream.mode],
    ['deleted rows', deletesText(stream)],
    ['count', counts ? 'the vendor can say how many there are' : 'the vendor does not say how many there are'],
  ]
  const markOf = (field: string) =>
    [
      stream.key.includes(field) ? 'key' : '',
      field === cursor.version ? 'version' : '',
      field === stream.deleted_field ? 'deleted' : '',
      calculated.includes(field) ? 'calculated' : '',
    ]
      .filter((mark) => mark !== '')
      .join(', ')
  const rows = Object.entries(stream.fields).map(([field, type]) => [
    field,
    stream.columns[field] ?? '',
    type,
    markOf(field),
  ])
  return `${headOf(stream, look)}${factsText(facts)}\n${tableOf(['field', 'column', 'type', ''], rows, look)}`
}

function objectDetail(object: DiscoveredObject, look: Look): string {
  const facts = [
    ['found by', object.key.join(', ')],
    ['operations', object.operations.join(', ')],
    ['delivery', object.delivery.replaceAll('_', ' ')],
  ]
  const rows = Object.entries(object.fields).map(([field, type]) => [
    field,
    type,
    [object.key.includes(field) ? 'key' : '', object.opt_outs.includes(field) ? 'opt_out only' : '']
      .filter((mark) => mark !== '')
      .join(', '),
  ])
  return `${headOf(object, look)}${factsText(facts)}\n${tableOf(['field', 'type', ''], rows, look)}`
}

const headOf = ({ type, name, docs }: Discovered, { color }: Look): string =>
  ` ${type} ${makePaint(color)('bold', printable(name))}   ${printable(docs)}\n`

const factsText = (facts: readonly (readonly string[])[]): string =>
  facts.map(([what = '', says = '']) => `   ${what.padEnd(14)}${printable(says)}\n`).join('')

function cursorText({ cursor, inside, mode }: DiscoveredStream): string {
  if (inside !== null) return `with ${inside}`
  if (mode === 'full_refresh' || cursor.full_every_seconds === 0) return 'all of it, every run'
  if (mode === 'replace_window') return `days of ${cursor.bounded_by}`
  if (cursor.version === null) return 'time of the request'
  return cursor.order === 'cursor' ? cursor.version : `${cursor.version}, unordered`
}

function backfillText({ cursor, inside, key, mode }: DiscoveredStream): string {
  if (inside !== null) return `with ${inside}`
  if (mode === 'full_refresh' || key.length === 0) return 'none: it cannot be read in parts'
  return cursor.bounded_by === null ? 'one whole pass' : `in parts, by ${cursor.bounded_by}`
}

function fullText({ cursor, inside, mode }: DiscoveredStream): string {
  if (inside !== null) return `with ${inside}`
  const every = cursor.full_every_seconds
  if (mode === 'full_refresh' || every === 0) return 'every run'
  return every === null ? 'the first run, and --full-refresh' : `once in ${formatSpan(every)}`
}

function waitText(lagSeconds: number, overlapSeconds: number): string {
  const overlap = overlapSeconds > 0 ? `; ${formatSpan(overlapSeconds)} are read again` : ''
  return lagSeconds > 0 ? `rows are waited for ${formatSpan(lagSeconds)}${overlap}` : `none${overlap}`
}

function deletesText({ deletes, deleted_field: field, mode }: DiscoveredStream): string {
  if (deletes.length === 0) return 'as the vendor tells, or by reconcile'
  const texts: { readonly [kind in DeleteKind]: string } = {
    flagged: `${field} says so`,
    partly_flagged: `${field} says so of some; reconcile finds the others`,
    told: 'as the vendor tells',
    unlisted: 'not listed any more',
    replaced: mode === 'replace_window' ? 'replaced by days' : 'replaced as a whole',
    with_parent: 'not in its parent any more',
    never: 'never',
  }
  return deletes.map((kind) => texts[kind]).join('; ')
}

const tableOf = (headers: readonly string[], rows: readonly (readonly string[])[], look: Look): string =>
  renderTable(
    headers.map((header) => ({ header, align: header === 'fields' ? 'right' : 'left' }) as const),
    rows,
    look,
  )
