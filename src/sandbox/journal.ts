import type { JsonObject } from '../model/json.ts'
import type { VendorFile } from './vendor-file.ts'
import { readOwnJson } from './own-json.ts'

/** One request that a simulator got. */
export type JournalEntry = {
  /** In the order in which requests had fully arrived; begins at 1. */
  readonly sequence: number
  /** The vendor's clock. */
  readonly at: string
  readonly method: string
  /** With its query; secrets in it are redacted. */
  readonly path: string
  /** Names in lower case; credentials are redacted. */
  readonly headers: JsonObject
  /** As text, up to 256 KB of it; null where there was none. */
  readonly body: string | null
  readonly bodyBytes: number
  /** The status that went out. null: no answer did. */
  readonly status: number | null
  /** The simulator's own status. null: the request never came to it. */
  readonly handledStatus: number | null
  /** The faults that fell on it: the host’s and the simulator’s own, with spaces between. */
  readonly fault: string | null
  /** What a simulator threw. */
  readonly note: string | null
}

export type Journal = {
  readonly open: (
    request: Pick<JournalEntry, 'at' | 'method' | 'path' | 'headers'> & { readonly body: Uint8Array },
  ) => number
  readonly close: (sequence: number, outcome: Pick<JournalEntry, 'status' | 'handledStatus' | 'fault' | 'note'>) => void
  readonly read: (filter: JournalFilter) => readonly JournalEntry[]
  readonly clear: () => void
}

/** `since`: entries after this sequence number. */
export type JournalFilter = { readonly since?: number; readonly limit?: number }

export function openJournal(file: VendorFile): Journal {
  const { db } = file
  const insert = db.prepare(
    'insert into journal (sequence, at, method, path, headers, body, body_bytes) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const update = db.prepare('update journal set status = ?, handled_status = ?, fault = ?, note = ? where sequence = ?')
  const select = db.prepare('select * from journal where sequence > ? order by sequence limit ?')
  const readLast = () => Number(db.prepare('select coalesce(max(sequence), 0) as last from journal').get()?.last)
  let last = readLast()
  file.onDiscard(() => {
    last = readLast()
  })
  return {
    open: (request) => {
      const sequence = ++last
      const { at, method } = request
      const path = redactText(request.path)
      const headers = JSON.stringify(redactHeaders(request.headers))
      const bytes = request.body.byteLength
      const body = bytes === 0 ? null : redactText(Buffer.from(request.body.subarray(0, maxBodyBytes)).toString('utf8'))
      file.later(() => insert.run(sequence, at, method, path, headers, body, bytes))
      return sequence
    },
    close: (sequence, { status, handledStatus, fault, note }) => {
      file.later(() => update.run(status, handledStatus, fault, note, sequence))
    },
    read: ({ since = 0, limit = -1 }) => {
      file.flush()
      return select.all(since, limit).map((row) => ({
        sequence: Number(row.sequence),
        at: String(row.at),
        method: String(row.method),
        path: String(row.path),
        headers: readOwnJson<JsonObject>(String(row.headers)),
        body: row.body === null ? null : String(row.body),
        bodyBytes: Number(row.body_bytes),
        status: row.status === null ? null : Number(row.status),
        handledStatus: row.handled_status === null ? null : Number(row.handled_status),
        fault: row.fault === null ? null : String(row.fault),
        note: row.note === null ? null : String(row.note),
      }))
    },
    clear: () => {
      last = 0
      file.later(() => db.exec('delete from journal'))
    },
  }
}

function redactHeaders(headers: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (!secretHeaders.test(name)) return [name, value]
      // The scheme stays: `Bearer [redacted]` tells a test how somebody signed in.
      const scheme = /^(Bearer|Basic|OAuth) /i.exec(String(value))?.[0] ?? ''
      return [name, `${scheme}[redacted]`]
    }),
  )
}

/** Secrets that vendors take in queries, forms, JSON and SOAP. */
function redactText(text: string): string {
  return secretHint.test(text) ? text.replaceAll(secretPair, '$1[redacted]') : text
}

const maxBodyBytes = 256 * 1024
const secretHeaders = /^(authorization|proxy-authorization|cookie|x-api-key|api-key|developer-token)$/
const secretHint = /access_token|client_secret|refresh_token|assertion|api_key|password/
const secretPair =
  /((?:access_token|client_secret|refresh_token|client_assertion|assertion|api_key|password)(?:=|"\s*:\s*"|>))[^&"<\s]+/g
