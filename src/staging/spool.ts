/**
 * What a source yielded and no transaction has taken yet, as files: one directory a chunk. Rows stand one behind another in
 * files of some megabytes, a vendor's own files as they came.
 */
import { mkdirSync } from 'node:fs'
import { rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../model/json.ts'
import { ownFolder } from '../model/own-folder.ts'
import { dropSpooled, inSpool, inSpoolSync, ofLoad } from '../model/spool-refusal.ts'
import { openLineFile, stampOf, type LineFile } from './line-file.ts'
import { nameWithInstant } from './read-at.ts'

export type SpooledChunk = {
  readonly directory: string
  readonly files: readonly SpooledFile[]
  readonly rows: number
  readonly bytes: number
}

export type SpooledFile = {
  readonly path: string
  readonly format: 'ndjson' | 'csv'
  readonly rows: number
  /** Where it stands when the request of a row began. */
  readonly readAt: 'in its name' | 'in each row'
  /** The lines hold only keys (of rows that are gone), and `_version`. */
  readonly tombstones: boolean
}

export type SpooledBatch =
  | { readonly kind: 'records'; readonly records: readonly { readonly [field: string]: unknown }[] }
  | { readonly kind: 'lines'; readonly lines: Uint8Array; readonly rows: number }
  | { readonly kind: 'file'; readonly path: string; readonly format: 'csv' | 'ndjson'; readonly rows: number }
  | {
      readonly kind: 'tombstones'
      readonly keys: readonly { readonly [field: string]: Json }[]
      readonly version: string | null
    }

export type ChunkWriter = {
  readonly add: (batch: SpooledBatch, readAt: Date) => Promise<number>
  readonly size: () => { readonly rows: number; readonly bytes: number }
  /** The chunk as it is now, for `chunk`. */
  readonly mark: () => ChunkMark
  /** On disk, whole or as far as a mark; what came after that is gone. */
  readonly chunk: (until?: ChunkMark) => SpooledChunk
}

export type ChunkMark = {
  readonly files: readonly SpooledFile[]
  readonly rows: number
  readonly bytes: number
  /** The last file, where lines are still being added to it, and how long it is. */
  readonly open: { readonly file: LineFile; readonly length: number } | null
}

/** Begins a chunk in a directory of its own. */
export function openChunk(directory: string): ChunkWriter {
  const files: SpooledFile[] = []
  let open: LineFile | undefined
  let rows = 0
  let bytes = 0
  let made: string | undefined
  const pathOf = (name: string) => {
    made ??= mkdirSync(directory, ownFolder(directory)) ?? directory
    return join(directory, name)
  }
  /** Files stand in the order in which their rows came: what comes after another file begins a new one. */
  const settle = () => {
    open?.settle(open.length())
    open = undefined
  }
  const addLines = (batch: SpooledBatch, count: number, readAt: Date): boolean => {
    const file = open ?? openLineFile(pathOf(`${files.length}.ndjson`))
    const from = file.length()
    if (!writeLines(file, batch, readAt)) return false
    bytes += file.length() - from
    const before = open ? files.pop() : undefined
    const grown = (before?.rows ?? 0) + count
    files.push({ path: file.path, format: 'ndjson', rows: grown, readAt: 'in each row', tombstones: false })
    open = file
    if (file.length() >= fileBytes) settle()
    return true
  }
  const addFile = async (batch: SpooledBatch, count: number, readAt: Date) => {
    settle()
    const format = batch.kind === 'file' ? batch.format : 'ndjson'
    const path = pathOf(nameWithInstant(files.length, readAt, format))
    const tombstones = batch.kind === 'tombstones'
    files.push({ path, format, rows: count, readAt: 'in its name', tombstones })
    if (batch.kind === 'file') await rename(batch.path, path)
    else await writeFile(path, contentOf(batch))
    bytes += (await stat(path)).size
  }
  const mark = (): ChunkMark => ({
    files: [...files],
    rows,
    bytes,
    open: open ? { file: open, length: open.length() } : null,
  })
  return {
    async add(batch, readAt) {
      const count = countRows(batch)
      if (isEmpty(batch)) return count
      rows += count
      await inSpool(ofLoad(directory), async () => {
        if (!addLines(batch, count, readAt)) await addFile(batch, count, readAt)
      })
      return count
    },
    size: () => ({ rows, bytes }),
    mark,
    chunk(until = mark()) {
      inSpoolSync(ofLoad(directory), () => until.open?.file.settle(until.open.length))
      open = undefined
      return { directory, files: until.files, rows: until.rows, bytes: until.bytes }
    },
  }
}

export const dropChunk = ({ directory }: SpooledChunk): Promise<void> => dropSpooled(directory)

export function countRows(batch: SpooledBatch): number {
  switch (batch.kind) {
    case 'records':
      return batch.records.length
    case 'tombstones':
      return batch.keys.length
    case 'lines':
    case 'file':
      return batch.rows
  }
}

const isEmpty = (batch: SpooledBatch): boolean =>
  batch.kind === 'lines' ? batch.lines.length === 0 : batch.kind !== 'file' && countRows(batch) === 0

/** false: they have to stand in a file of their own. */
function writeLines(file: LineFile, batch: SpooledBatch, readAt: Date): boolean {
  if (batch.kind === 'lines') return file.add(batch.lines, readAt)
  if (batch.kind !== 'records') return false
  const text = linesOf(batch.records, stampOf(readAt))
  if (text !== null) file.addStamped(text)
  return text !== null
}

function contentOf(batch: Exclude<SpooledBatch, { kind: 'file' }>): Uint8Array | string {
  switch (batch.kind) {
    case 'lines':
      return batch.lines
    case 'records':
      return linesOf(batch.records) ?? ''
    case 'tombstones':
      return linesOf(batch.keys.map((key) => ({ ...key, _version: batch.version }))) ?? ''
  }
}

/**
 * A line a record; a stamp takes the place of its brace, and there is none for a record without a member: null. Looking at
 * every value takes three times as long as writing them: most texts show that there is nothing to be mended.
 */
function linesOf(records: readonly object[], stamp?: string): string | null {
  try {
    const lines = joinLines(records, JSON.stringify, stamp)
    if (!lines?.includes('\\u') && !lines?.includes('null')) return lines
  } catch {
    // A big integer: JSON has no word for it.
  }
  return joinLines(records, lineOf, stamp)
}

function joinLines(records: readonly object[], write: (record: object) => string, stamp?: string): string | null {
  let lines = ''
  for (const record of records) {
    const line = write(record)
    if (stamp !== undefined && line.length <= 2) return null
    lines += stamp === undefined ? `${line}\n` : `${stamp}${line.slice(1)}\n`
  }
  return lines
}

function lineOf(record: object): string {
  let line: string
  try {
    line = JSON.stringify(record)
  } catch {
    return JSON.stringify(record, wellFormed)
  }
  const isWhole = !line.includes('\\u') && (!line.includes('null') || hasOnlyNumbers(record))
  return isWhole ? line : JSON.stringify(record, wellFormed)
}

/** A number that JSON cannot hold has become null. */
function hasOnlyNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(hasOnlyNumbers)
}

/**
 * Lone surrogates and NUL have one documented outcome: U+FFFD. Big integers keep their digits as text. JSON would make NaN
 * and Infinity null without a word: as text they are refused by the cast, and seen.
 */
function wellFormed(_name: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\uFFFD')
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return typeof value === 'bigint' ? String(value) : value
}

/** Of lines; then another one is begun, so that several threads can read them. */
const fileBytes = 2 * 1024 * 1024
