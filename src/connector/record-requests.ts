import type { Change } from '../model/change.ts'
import { parseExact } from '../model/cut-page.ts'
import type { JsonObject } from '../model/json.ts'
import type { ObjectDefinition } from './contract.ts'
import type { RequestPreview } from './destination.ts'
import type { Host, Http } from './host.ts'

/**
 * The preview of an object that declares none: `write` runs against a client that takes requests down and never answers.
 * What it asks for before its first answer is seen: the one request of a batch, or several sent side by side. An object
 * whose second request depends on the first one's answer declares `preview` itself.
 */
export function recordRequests(
  definition: ObjectDefinition,
  changes: readonly Change[],
  options: JsonObject,
): readonly RequestPreview[] {
  const requests: RequestPreview[] = []
  // Of this preview alone: what waits for it goes with it.
  const unanswered = new Promise<never>(() => undefined)
  const record = (method: string) => (path: string, body: unknown) => {
    // Through JSON, as it would travel; the digits of an exact number are shown as text.
    const sent = body === undefined ? null : parseExact(Buffer.from(JSON.stringify(body)))
    requests.push({ method, path, body: sent, docs: definition.docs })
    return unanswered
  }
  const recordWithoutBody = (method: string) => (path: string) => record(method)(path, undefined)
  const http: Http = {
    get: recordWithoutBody('GET'),
    post: record('POST'),
    put: record('PUT'),
    patch: record('PATCH'),
    delete: recordWithoutBody('DELETE'),
    page: recordWithoutBody('GET'),
  }
  const signal = new AbortController().signal
  const match = Object.keys(definition.match)[0] ?? ''
  // Runs up to the first answer that it waits for; then nobody holds it any more.
  definition
    .write(changes, { http, host: silentHost(unanswered), signal, options, match, saveReceipt: () => unanswered })
    .catch(() => undefined) // a write that refuses before it sends has nothing to preview
  return requests
}

const silentHost = (unanswered: Promise<never>): Host => ({
  call: () => unanswered,
  http: () => ({
    get: () => unanswered,
    post: () => unanswered,
    put: () => unanswered,
    patch: () => unanswered,
    delete: () => unanswered,
    page: () => unanswered,
  }),
  sawDate: () => undefined,
  lastDate: () => null,
  spoolPath: (name) => name,
  warn: () => undefined,
  secret: () => undefined,
})
