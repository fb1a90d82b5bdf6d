/** A result on its way out: few rows in the answer itself, many as gzip files that the SDK fetches one by one. */
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip, constants, type Gzip } from 'node:zlib'
import type { ColumnDescription } from './row-type.ts'

export type Chunk = {
  readonly rowCount: number
  readonly uncompressedSize: number
  readonly compressedSize: number
  readonly file: string
}

export type ResultSet = {
  readonly columns: readonly ColumnDescription[]
  /** Rows as JSON arrays of text or null. */
  readonly inline: readonly string[]
  readonly chunks: readonly Chunk[]
  readonly total: number
  /** Of DML: what changed. */
  readonly stats?: { readonly [name: string]: number }
}

export const emptyResult: ResultSet = { columns: [], inline: [], chunks: [], total: 0 }

/** A result of rows that are here already. */
export const resultOf = (
  columns: readonly ColumnDescription[],
  rows: readonly (readonly (string | null)[])[],
  stats?: { readonly [name: string]: number },
): ResultSet => ({
  columns,
  inline: rows.map((row) => JSON.stringify(row)),
  chunks: [],
  total: rows.length,
  ...(stats ? { stats } : {}),
})

export type Spool = {
  /** Rows as JSON text. */
  readonly add: (rows: readonly string[]) => Promise<void>
  readonly end: () => Promise<ResultSet>
}

/** The first rows stay in memory; from there on everything goes to files in `directory`, in flat memory. */
export function openSpool(directory: string, columns: readonly ColumnDescription[]): Spool {
  const inline: string[] = []
  const chunks: Chunk[] = []
  let inlineBytes = 0
  let total = 0
  let open: OpenChunk | null = null

  return {
    add: async (rows) => {
      for (const row of rows) {
        total++
        if (chunks.length === 0 && !open && inlineBytes < inlineLimit) {
          inline.push(row)
          inlineBytes += row.length
          continue
        }
        open ??= openChunk(directory, chunks.length)
        if (open.add(row)) await open.drained()
        if (open.bytes() < chunkBytes(chunks.length)) continue
        chunks.push(await open.end())
        open = null
      }
    },
    end: async () => {
      if (open) chunks.push(await open.end())
      return { columns, inline, chunks, total }
    },
  }
}

type OpenChunk = {
  /** Should the caller wait before the next one? */
  readonly add: (row: string) => boolean
  readonly drained: () => Promise<void>
  readonly bytes: () => number
  readonly end: () => Promise<Chunk>
}

/** Rows with commas between them and without the outer brackets, as the SDK expects them. */
function openChunk(directory: string, number: number): OpenChunk {
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${number}.json.gz`)
  const gzip: Gzip = createGzip({ level: constants.Z_BEST_SPEED })
  const target = createWriteStream(file)
  gzip.pipe(target)
  let rowCount = 0
  let bytes = 0
  let held: string[] = []
  let heldBytes = 0
  const write = () => {
    const text = held.join('')
    held = []
    heldBytes = 0
    return !gzip.write(text)
  }
  return {
    add: (row) => {
      const text = rowCount === 0 ? row : `,${row}`
      held.push(text)
      heldBytes += text.length
      bytes += text.length
      rowCount++
      return heldBytes >= 65_536 && write()
    },
    drained: () => new Promise((resolve) => gzip.once('drain', () => resolve())),
    bytes: () => bytes,
    end: async () => {
      write()
      gzip.end()
      await finished(target)
      return { rowCount, uncompressedSize: bytes, compressedSize: target.bytesWritten, file }
    },
  }
}

/** What fits into the answer itself. */
const inlineLimit = 100_000

/** They grow, as Snowflake's do: the first is there soon, the later ones are few. */
const chunkBytes = (number: number) => Math.min(4_000_000, 500_000 * 2 ** number)
