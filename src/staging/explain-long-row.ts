/** Why files cannot be read though each of their rows is well: one is longer than what is read at once. */
import { createReadStream } from 'node:fs'
import { MillraceError } from '../model/millrace-error.ts'
import { maxLineBytes } from './read-chunk.ts'
import type { SpooledFile } from './spool.ts'

/** null: no row is too long. */
export async function explainLongRow(files: readonly SpooledFile[], cause?: unknown): Promise<MillraceError | null> {
  for (const { path } of files) {
    const { line, bytes } = await longestLine(path)
    if (bytes > maxLineBytes)
      return new MillraceError('MR-2003', {
        message: `Staging: a row has ${Math.ceil(bytes / mebibyte)} MiB (line ${line} of ${path}), and rows of up to ${maxLineBytes / mebibyte} MiB are read.`,
        kept: 'What was committed before is there; the rows since then are read again by the next run.',
        next: 'Have the source leave the long field out, by its query or in the connector: `exclude` alone does not, the row comes whole.',
        retry: 'never',
        ...(cause !== undefined && { cause }),
      })
  }
  return null
}

async function longestLine(path: string): Promise<{ readonly line: number; readonly bytes: number }> {
  let longest = { line: 1, bytes: 0 }
  let [line, bytes] = [1, 0]
  const count = (more: number) => {
    bytes += more
    if (bytes > longest.bytes) longest = { line, bytes }
  }
  const source: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: mebibyte })
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(lineBreak); end !== -1; end = chunk.indexOf(lineBreak, from)) {
      count(end - from)
      ;[from, line, bytes] = [end + 1, line + 1, 0]
    }
    count(chunk.length - from)
  }
  return longest
}

const lineBreak = 10
const mebibyte = 1024 * 1024
