/** Why files cannot be read though each of their rows is well: one is longer than what is read at once. */
import { createReadStream } from 'node:fs'
import { MillraceError } from '../model/millrace-error.ts'
import { maxLineBytes } from './read-chunk.ts'
import type { SpooledFile } from './spool.ts'

/** null: no row is too long. */
export async function explainLongRow(files: readonly SpooledFile[]): Promise<MillraceError | null> {
  for (const file of files) {
    const { line, bytes } = await longestRow(file)
    if (bytes > maxLineBytes)
      return new MillraceError('MR-2003', {
        message: `Staging: a row has ${Math.ceil(bytes / mebibyte)} MiB (line ${line} of ${file.path}), and rows of up to ${maxLineBytes / mebibyte} MiB are read.`,
        kept: 'What was committed before is there; the rows since then are read again by the next run.',
        next: 'Have the source leave the long field out, by its query or in the connector: `exclude` alone does not, the row comes whole.',
        retry: 'never',
      })
  }
  return null
}

/** A quote that is never closed makes one row of all that follows, which is another flaw. */
async function longestRow({ path, format }: SpooledFile): Promise<{ readonly line: number; readonly bytes: number }> {
  let longest = { line: 1, bytes: 0 }
  let row = { line: 1, bytes: 0 }
  let line = 1
  let isQuoted = false
  const source: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: mebibyte })
  for await (const chunk of source)
    for (const byte of chunk) {
      if (byte === quote && format === 'csv') isQuoted = !isQuoted
      if (byte === lineBreak) line++
      if (byte !== lineBreak || isQuoted) row.bytes++
      else {
        if (row.bytes > longest.bytes) longest = row
        row = { line, bytes: 0 }
      }
    }
  return !isQuoted && row.bytes > longest.bytes ? row : longest
}

const quote = 34
const lineBreak = 10
const mebibyte = 1024 * 1024
