import type { Batch } from 'millrace'
import { isObject, type JsonBody } from './read-answer.ts'

type Lines = { readonly lines: Uint8Array; readonly rows: number; readonly readAt: Date }

/** At most `limit` of the lines. null: no row is left. */
export function batchOf({ lines, rows, readAt }: Lines, limit: number): Batch | null {
  if (rows === 0 || limit <= 0) return null
  if (rows <= limit) return { kind: 'lines', lines, rows, readAt }
  const first = textsOf(lines).slice(0, limit)
  return { kind: 'lines', lines: linesOf(first), rows: first.length, readAt }
}

/** Each line with its object: what is kept stays as it came. */
export function filterLines<T extends Lines>(page: T, isKept: (record: JsonBody) => boolean): T {
  const texts = textsOf(page.lines)
  const kept = texts.filter((text) => isKept(recordOf(text)))
  return kept.length === texts.length ? page : { ...page, lines: linesOf(kept), rows: kept.length }
}

/** The parent's id in each record, where its path says it and the record does not. */
export function withParent<T extends Lines>(page: T, column: string, id: number): T {
  const texts = textsOf(page.lines).map((text) => {
    const record = recordOf(text)
    if (record[column] === id) return text
    const rest = column in record ? JSON.stringify(without(record, column)) : text
    return `{"${column}":${id}${rest === '{}' ? '' : ','}${rest.slice(1)}`
  })
  return { ...page, lines: linesOf(texts) }
}

export const recordsOf = (lines: Uint8Array): readonly JsonBody[] => textsOf(lines).map(recordOf)

const textsOf = (lines: Uint8Array): readonly string[] =>
  lines.length === 0 ? [] : Buffer.from(lines).toString().replace(/\n$/, '').split('\n')

const linesOf = (texts: readonly string[]): Uint8Array => Buffer.from(texts.map((text) => `${text}\n`).join(''))

function recordOf(text: string): JsonBody {
  const value: unknown = JSON.parse(text)
  return isObject(value) ? value : {}
}

const without = (record: JsonBody, column: string): JsonBody =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== column))
