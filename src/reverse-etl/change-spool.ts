/** The changes of a run between its diff and its delivery: one JSON line each, in the order in which they go. */
import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import type { Change } from '../model/change.ts'
import type { Answer } from '../warehouse/port.ts'
import { parseExact } from './exact-number.ts'

export type SpooledChange = { readonly key: string; readonly change: Change; readonly answer: Answer }

export type LineWriter = {
  readonly write: (line: object) => Promise<void>
  readonly close: () => Promise<void>
  readonly lines: () => number
}

export function openLines(path: string): LineWriter {
  const stream = createWriteStream(path)
  let lines = 0
  return {
    async write(line) {
      lines++
      if (!stream.write(`${JSON.stringify(line)}\n`)) await once(stream, 'drain')
    },
    async close() {
      stream.end()
      await finished(stream)
    },
    lines: () => lines,
  }
}

/** At most `limit` changes, from the first on. */
export async function* readChanges(path: string, limit: number): AsyncIterable<SpooledChange> {
  let read = 0
  const lines = createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) })
  for await (const line of lines) {
    if (read++ >= limit) return
    // Lines that openLines wrote.
    yield parseExact(line) as unknown as SpooledChange
  }
}

/** The first lines of a file, in another one: what a guard lets through. */
export async function copyFirstLines(path: string, rows: number, into: string): Promise<string> {
  const out = createWriteStream(into)
  let written = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (written++ >= rows) break
    if (!out.write(`${line}\n`)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  return into
}
