/** What is wrong with a page of JSON, and at which byte. */
import { MillraceError } from './millrace-error.ts'

export const text = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end))

export function malformed(bytes: Uint8Array, at: number): MillraceError {
  const byte = bytes[at] ?? 0
  const shown =
    byte > 0x20 && byte < 0x7f ? `“${String.fromCharCode(byte)}”` : `byte 0x${byte.toString(16).padStart(2, '0')}`
  return notJson(`at byte ${at} there is ${shown}, which cannot stand there`)
}

export const truncated = (length: number): MillraceError =>
  notJson(`it ends after ${length} bytes, in the middle of a value`)

export const notJson = (what: string): MillraceError =>
  new MillraceError('MR-3005', {
    message: `Reading a page of JSON: ${what}.`,
    next: 'Run it again; if it stays, the vendor (or something between) breaks its answers.',
  })

const decoder = new TextDecoder()
