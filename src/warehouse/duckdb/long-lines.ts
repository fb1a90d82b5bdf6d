/** Files of JSON lines, of which one may be longer than the 32 MiB that DuckDB reads by itself. */
import { createReadStream } from 'node:fs'
import { MillraceError } from '../../model/millrace-error.ts'

/** @param work gets an option more for what reads them, or nothing */
export async function readingLines(path: string, work: (size: string) => Promise<void>): Promise<void> {
  try {
    await work('')
  } catch (error) {
    if (!(error instanceof MillraceError) || !error.message.includes(option)) throw error
    // Each thread takes twice as much memory for it: no more than this file needs, and only now.
    await work(`, ${option} = ${await longestLine(path)}`)
  }
}

async function longestLine(path: string): Promise<number> {
  let longest = 0
  let bytes = 0
  const source: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1 << 20 })
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(lineBreak); end >= 0; end = chunk.indexOf(lineBreak, from)) {
      longest = Math.max(longest, bytes + end + 1 - from)
      bytes = 0
      from = end + 1
    }
    bytes += chunk.length - from
  }
  return Math.max(longest, bytes)
}

const option = 'maximum_object_size'
const lineBreak = 10
