/**
 * What a source yielded and no transaction has taken yet, as files: one directory a chunk, one file a batch. The file's
 * name carries when its request began, so that the bytes of a page need no rewriting.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../model/json.ts'
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
  readonly chunk: () => SpooledChunk
}

/** Begins a chunk in a directory of its own. */
export function openChunk(directory: string): ChunkWriter {
  const files: SpooledFile[] = []
  let rows = 0
  let bytes = 0
  let made: string | undefined
  return {
    async add(batch, readAt) {
      made ??= mkdirSync(directory, { recursive: true }) ?? directory
      const format = batch.kind === 'file' ? batch.format : 'ndjson'
      const path = join(directory, nameWithInstant(files.length, readAt, format))
      files.push({ path, format, tombstones: batch.kind === 'tombstones' })
      rows += countRows(batch)
      if (batch.kind === 'file') {
        await rename(batch.path, path)
        bytes += (await stat(path)).size
      } else {
        const content = contentOf(batch)
        bytes += content.length
        // A page is in the system's cache in less time than a trip through the thread pool takes.
        if (content.length <= pageBytes) writeFileSync(path, content)
        else await writeFile(path, content)
      }
      return countRows(batch)
    },
    chunk: () => ({ directory, files, rows, bytes }),
  }
}

export const dropChunk = (chunk: SpooledChunk): Promise<void> => rm(chunk.directory, { recursive: true, force: true })

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

function contentOf(batch: Exclude<SpooledBatch, { kind: 'file' }>): string | Uint8Array {
  if (batch.kind === 'lines') return batch.lines
  const records =
    batch.kind === 'records' ? batch.records : batch.keys.map((key) => ({ ...key, _version: batch.version }))
  return records.map((record) => `${JSON.stringify(record, wellFormed)}\n`).join('')
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

const pageBytes = 1024 * 1024
