import { appendFileSync, existsSync, truncateSync } from 'node:fs'
import { readAtField } from './read-at.ts'

/** The lines of many batches in one file: opening one costs as much as reading a page. Each row says when its request began. */
export type LineFile = {
  readonly path: string
  /** As it will be: some of it is still in memory. */
  readonly length: () => number
  /** false: there is a line that is no object with a member; nothing was added. */
  readonly add: (lines: Uint8Array, readAt: Date) => boolean
  /** Lines that each begin with `stampOf`. */
  readonly addStamped: (lines: string) => void
  /** Everything is on disk, and what stands behind `length` is gone. */
  readonly settle: (length: number) => void
}

/** Stands in the place of a row's first brace. */
export const stampOf = (readAt: Date): string => `{"${readAtField}":${readAt.getTime() * 1000},`

export function openLineFile(path: string): LineFile {
  let buffer: Buffer | undefined
  let buffered = 0
  let written = 0
  const write = (bytes: Uint8Array) => {
    // A megabyte is in the system's cache in less time than a trip through the thread pool takes.
    try {
      appendFileSync(path, bytes)
    } catch (error) {
      // A disk that is full takes a part of them, and what is still in memory is written once more.
      if (existsSync(path)) truncateSync(path, written)
      throw error
    }
    written += bytes.length
  }
  const flush = () => {
    if (buffer && buffered > 0) write(buffer.subarray(0, buffered))
    buffered = 0
  }
  return {
    path,
    length: () => written + buffered,
    add(lines, readAt) {
      const starts = startsOf(lines)
      if (!starts) return false
      const stamp = Buffer.from(stampOf(readAt))
      // The stamp takes the place of the brace; the last line may lack its end.
      const size = lines.length + starts.length * (stamp.length - 1) + 1
      if (size > bufferBytes) {
        flush()
        const own = Buffer.allocUnsafeSlow(size)
        write(own.subarray(0, stampLines(lines, { starts, stamp }, { into: own, at: 0 })))
        return true
      }
      if (buffered + size > bufferBytes) flush()
      buffer ??= Buffer.allocUnsafeSlow(bufferBytes)
      buffered = stampLines(lines, { starts, stamp }, { into: buffer, at: buffered })
      return true
    },
    addStamped(lines) {
      // Of no sign does UTF-8 make more than three bytes.
      if (3 * lines.length > bufferBytes) {
        flush()
        return write(Buffer.from(lines))
      }
      if (buffered + 3 * lines.length > bufferBytes) flush()
      buffer ??= Buffer.allocUnsafeSlow(bufferBytes)
      buffered += buffer.write(lines, buffered)
    },
    settle(length) {
      flush()
      if (length < written) truncateSync(path, length)
      written = Math.min(written, length)
    },
  }
}

/** Where the lines begin; null where one does not begin with `{"`. */
function startsOf(lines: Uint8Array): readonly number[] | null {
  const starts: number[] = []
  for (let start = 0; start < lines.length;) {
    if (lines[start] !== openBrace || lines[start + 1] !== quote) return null
    starts.push(start)
    const end = lines.indexOf(newline, start)
    start = end === -1 ? lines.length : end + 1
  }
  return starts
}

/** Gives where the copy ends. */
function stampLines(
  lines: Uint8Array,
  { starts, stamp }: { readonly starts: readonly number[]; readonly stamp: Uint8Array },
  { into, at }: { readonly into: Uint8Array; readonly at: number },
): number {
  let end = at
  for (let n = 0; n < starts.length; n++) {
    into.set(stamp, end)
    end += stamp.length
    const rest = lines.subarray((starts[n] ?? 0) + 1, starts[n + 1] ?? lines.length)
    into.set(rest, end)
    end += rest.length
  }
  if (end > at && into[end - 1] !== newline) into[end++] = newline
  return end
}

const newline = 0x0a
const quote = 0x22
const openBrace = 0x7b
const bufferBytes = 1024 * 1024
