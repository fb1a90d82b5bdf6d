/** The changes of a run between its diff and its delivery: one JSON line each, in the order in which they go. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Change } from '../model/change.ts'
import type { Answer } from '../warehouse/port.ts'
import { parseExact } from './exact-number.ts'

export type SpooledChange = {
  readonly key: string
  readonly change: Change
  readonly answer: Answer
  /** Only the opt-out of the row goes; the row itself is a reject, for this reason. */
  readonly refused?: string
}

export type LineWriter = {
  readonly write: (line: object) => Promise<void>
  readonly close: () => Promise<void>
  readonly lines: () => number
}

export async function openLines(path: string): Promise<LineWriter> {
  const file = await open(path, 'w')
  let lines = 0
  let waiting = ''
  const flush = async () => {
    const text = waiting
    waiting = ''
    if (text !== '') await file.appendFile(text)
  }
  return {
    async write(line) {
      lines++
      waiting += `${JSON.stringify(line)}\n`
      if (waiting.length >= bufferLength) await flush()
    },
    async close() {
      try {
        await flush()
      } finally {
        await file.close()
      }
    },
    lines: () => lines,
  }
}

/** At most `limit` changes, from the first on. */
export async function* readChanges(path: string, limit: number): AsyncIterable<SpooledChange> {
  // Lines that openLines wrote.
  for await (const line of readLines(path, limit)) yield parseExact(line) as unknown as SpooledChange
}

/** The first lines of a file, in another one: what a guard lets through. */
export async function copyFirstLines(path: string, rows: number, into: string): Promise<string> {
  const out = await open(into, 'w')
  try {
    let waiting = ''
    for await (const line of readLines(path, rows)) {
      waiting += `${line}\n`
      if (waiting.length < bufferLength) continue
      await out.appendFile(waiting)
      waiting = ''
    }
    await out.appendFile(waiting)
  } finally {
    await out.close()
  }
  return into
}

/**
 * Cut at \n and nowhere else: `node:readline` also cuts at U+2028 and U+2029, which stand bare in JSON and in people's
 * names.
 */
export async function* readLines(path: string, limit = Infinity): AsyncIterable<string> {
  let read = 0
  let rest = ''
  if (limit <= 0) return
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: bufferLength })) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      yield line
      if (++read >= limit) return
    }
  }
}

const bufferLength = 1 << 20
