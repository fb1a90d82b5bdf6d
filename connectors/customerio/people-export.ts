/** A job of the vendor: started, waited for, fetched by a link. https://docs.customer.io/integrations/api/app/tag/exports/ */
import { setTimeout as sleep } from 'node:timers/promises'
import { downloadTo, MillraceError, type Host } from 'millrace'
import { everybody } from './attribute-names.ts'
import type { AppApi } from './client.ts'
import { readRate } from './list-pages.ts'
import { isObject, malformed, type JsonBody } from './read-answer.ts'

export const exportDocs = 'https://docs.customer.io/integrations/api/app/tag/exports/exportPeopleData/'

export type Exporting = {
  readonly app: AppApi
  readonly host: Host
  /** Between the first two questions after an export; they become rarer. */
  readonly pollMs: number
  readonly signal: AbortSignal
}

/** Everybody, with these attributes as columns. Asking twice makes two exports, which harms nothing. */
export async function startExport({ app, signal }: Exporting, attributes: readonly string[]): Promise<number> {
  return app.call({
    label: 'POST /v1/exports/customers',
    docs: exportDocs,
    signal,
    ratePerSecond: readRate,
    // The SDK's own method sends no attributes.
    send: (client) =>
      client.request.post(`${client.apiRoot}/exports/customers`, { filters: everybody, attributes: [...attributes] }),
    read: ({ body }) => readExport(body).id,
  })
}

export type Finished =
  | { readonly kind: 'done'; readonly total: number }
  /** Customer.io could not make it, or does not know it any more. */
  | { readonly kind: 'failed' | 'gone' }

/** @throws MillraceError MR-3007 where it takes hours: the next run waits on */
export async function waitForExport({ app, pollMs, signal }: Exporting, id: number): Promise<Finished> {
  const startedAt = performance.now()
  for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 1.5, longestPollMs)) {
    const state = await app.call<ExportState | null>({
      label: `GET /v1/exports/${id}`,
      docs: 'https://docs.customer.io/integrations/api/app/tag/exports/getExport/',
      signal,
      ratePerSecond: readRate,
      send: (client) => client.getExport(id),
      isAnswer: (status) => status === 404,
      read: ({ status, body }) => (status === 404 ? null : readExport(body)),
    })
    if (!state) return { kind: 'gone' }
    if (state.status === 'failed') return { kind: 'failed' }
    if (state.status === 'done') return { kind: 'done', total: state.total }
    if (performance.now() - startedAt > longestWaitMs)
      throw new MillraceError('MR-3007', {
        message: `Reading people: Customer.io has not finished export ${id} in ${longestWaitMs / 3_600_000} hours.`,
        kept: 'The next run waits on for the same export.',
        next: 'Run again later.',
      })
    await pause(waitMs, signal)
  }
}

/**
 * To a file of the spool. The link is good for a quarter of an hour, and whoever has it has everybody: it goes from one answer to
 * one request, and stands nowhere else. Each try has a link of its own. false: the export is gone.
 */
export async function fetchExport(exporting: Exporting, id: number, path: string): Promise<boolean> {
  const { host, signal } = exporting
  for (let tries = 1; ; tries++) {
    const url = await findLink(exporting, id)
    if (url === null) return false
    try {
      await host.call(
        {
          label: `GET the file of export ${id}`,
          docs: linkDocs,
          signal,
          timeoutMs: longestDownloadMs,
          // A link that does not work is asked for anew, and not used again.
          classify: undefined,
        },
        (attemptSignal) => downloadTo(path, { url, signal: attemptSignal, maxBytes: maxFileBytes }),
      )
      return true
    } catch (error) {
      if (signal.aborted || !(error instanceof MillraceError) || !isLinkRefused(error)) throw error
      if (tries < mostLinks) continue
      throw new MillraceError('MR-3005', {
        message: `Reading people: the file of Customer.io's export ${id} could not be fetched; ${mostLinks} links were refused.`,
        kept: 'What was committed stays; the next run goes on with the same export.',
        next: `Run again. If it stays, is something between here and the file's host? ${linkDocs}`,
        cause: error,
      })
    }
  }
}

/** null: there is no such export any more. */
async function findLink({ app, signal }: Exporting, id: number): Promise<string | null> {
  return app.call({
    label: `GET /v1/exports/${id}/download`,
    docs: linkDocs,
    signal,
    ratePerSecond: readRate,
    send: (client) => client.downloadExport(id),
    isAnswer: (status) => status === 404,
    read: ({ status, body }) => {
      if (status === 404) return null
      const { url } = body
      if (typeof url !== 'string' || url === '') throw malformed(`answered without the link to export ${id}`)
      return url
    },
  })
}

const isLinkRefused = ({ code }: MillraceError) => code === 'MR-3001' || code === 'MR-3004'

type ExportState = { readonly id: number; readonly status: 'pending' | 'done' | 'failed'; readonly total: number }

function readExport({ export: value }: JsonBody): ExportState {
  const { id, status, failed, total } = isObject(value) ? value : {}
  // An id as text is in the vendor's own examples.
  const number = typeof id === 'string' ? Number.parseInt(id, 10) : id
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw malformed('answered an export without its id')
  if (failed === true || status === 'failed') return { id: number, status: 'failed', total: 0 }
  if (status !== undefined && status !== 'done' && status !== 'pending')
    throw malformed(`answered an export with the status ${JSON.stringify(status).slice(0, 40)}`)
  return { id: number, status: status ?? 'pending', total: typeof total === 'number' ? total : 0 }
}

/** @throws MillraceError MR-7001 */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (cause) {
    throw signal.reason instanceof MillraceError
      ? signal.reason
      : new MillraceError('MR-7001', { message: 'Waiting for an export of Customer.io was stopped on the way.', cause })
  }
}

const linkDocs = 'https://docs.customer.io/integrations/api/app/tag/exports/downloadExport/'
const longestPollMs = 30_000
const longestWaitMs = 6 * 3_600_000
const longestDownloadMs = 3 * 3_600_000
const maxFileBytes = 64 * 1024 ** 3
const mostLinks = 3
