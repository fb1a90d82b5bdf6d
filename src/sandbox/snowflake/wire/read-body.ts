import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export type JsonRecord = { readonly [key: string]: unknown }

/** The body as an object: the SDK packs it; an empty or a broken one is an empty object. */
export async function readBody(incoming: IncomingMessage): Promise<JsonRecord> {
  const raw = await buffer(incoming)
  if (raw.byteLength === 0) return {}
  const packed = incoming.headers['content-encoding'] === 'gzip'
  try {
    return recordOf(JSON.parse((packed ? gunzipSync(raw) : raw).toString('utf8')))
  } catch {
    return {} // what is missing is refused by who needs it
  }
}

export const recordOf = (value: unknown): JsonRecord =>
  // Checked here.
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : {}

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
