import { MillraceError, type Json } from 'millrace'
import type { AskedFields } from './ask-fields.ts'
import { pause, type Ask, type GraphApi } from './client.ts'
import { isTooMuch, isUnseen } from './graph-error.ts'
import { followCursors, parseRows, readList, type ListPage } from './list-page.ts'
import type { Params } from './sdk.ts'

/** What a report is asked for: everything but the days and the objects. */
export type ReportOf = {
  readonly stream: string
  readonly fields: AskedFields
  readonly params: Params
  readonly filters: readonly Json[]
  readonly pollMs: number
  readonly signal: AbortSignal
  /** Of a page, as the rows that came last say. */
  readonly pageRows: () => number
  /** The report before it was split without a known reason: this small one tells whether its size was one, by its smallest pages. */
  readonly isProbe?: boolean
}

export type Rows = {
  readonly records: readonly { readonly [field: string]: Json }[]
  readonly readAt: Date
  /** Such pages come: more of it may be too much. */
  readonly pageRows: number
}

/** `split`: it failed, or a page is too much. `lost`: the vendor does not see it any more. */
export type RunEnding = { readonly kind: 'done' } | Split | Lost

/** `unknown`: the vendor does not say why not even its smallest page comes, which an outage may be, too. */
export type Split = { readonly kind: 'split'; readonly message: string; readonly unknown?: MillraceError }

/** A report that was started: waited for, and read page by page. */
export async function* readRun(api: GraphApi, of: ReportOf, run: string): AsyncGenerator<Rows, RunEnding> {
  const broken = await waitForRun(api, of, run)
  if (broken) return broken
  let limit = of.isProbe ? fewestRows : of.pageRows()
  let at: string | null = null
  const nextAfter = followCursors(at)
  for (;;) {
    const from: string | null = at
    const page: Page | Less | Lost = await askRun<Page | Less>(api, of, {
      label: `GET /${run}/insights`,
      send: (sdk) => sdk.reportRows(run, { limit, ...(from !== null && { after: from }) }),
      read: (bytes, readAt) => ({ kind: 'page', ...readList(bytes, readAt) }),
      recover: (error) => (isTooMuch(error) ? { kind: 'less', message: error.message } : undefined),
      giveUp: (failure) => ({ kind: 'less', message: failure.message, failure }),
    })
    if (page.kind === 'lost') return page
    if (page.kind === 'less') {
      const { message, failure } = page
      if (limit <= fewestRows) return { kind: 'split', message, ...(failure && { unknown: failure }) }
      limit = Math.max(fewestRows, limit >> 1)
      continue
    }
    const pageRows = of.isProbe ? of.pageRows() : limit
    if (page.rows > 0) yield { records: parseRows(page.lines), readAt: page.readAt, pageRows }
    at = nextAfter(page)
    if (at === null) return { kind: 'done' }
  }
}

type Page = ListPage & { readonly kind: 'page' }
type Less = { readonly kind: 'less'; readonly message: string; readonly failure?: MillraceError }
type Lost = { readonly kind: 'lost'; readonly message: string }

/** null: it is there to be read. */
async function waitForRun(
  api: GraphApi,
  of: ReportOf,
  run: string,
): Promise<Exclude<RunEnding, { kind: 'done' }> | null> {
  let waitMs = of.pollMs
  let seen = ''
  let movedAt = performance.now()
  for (;;) {
    const state = await askRun<State>(api, of, {
      label: `GET /${run}`,
      send: (sdk) => sdk.report(run, runFields),
      read: readState,
    })
    if (state.kind === 'lost') return state
    const { status, percent, reason } = state
    // It can say 100 per cent while it still runs.
    if (status === 'Job Completed') return null
    if (status === 'Job Failed' || status === 'Job Skipped') return { kind: 'split', message: `${status}${reason}` }
    if (`${status} ${percent}` !== seen) movedAt = performance.now()
    seen = `${status} ${percent}`
    if (performance.now() - movedAt > longestStandstillMs)
      return { kind: 'split', message: `${status} at ${percent} % for ${longestStandstillMs / 60_000} minutes` }
    await pause(waitMs, of.signal)
    waitMs = Math.min(waitMs * 1.5, longestPollMs)
  }
}

/** Asks again for a while where the vendor does not see the run: just after its start, and now and then later, that passes. */
async function askRun<T extends { readonly kind: string }>(
  api: GraphApi,
  { pollMs, signal }: ReportOf,
  request: Pick<Ask<T>, 'label' | 'send' | 'read' | 'recover' | 'giveUp'>,
): Promise<T | Lost> {
  for (let misses = 1; ; misses++) {
    let lost: Lost | null = null
    const answer = await api.ask<T | Lost>({
      ...request,
      docs: reportDocs,
      signal,
      recover: (error) =>
        request.recover?.(error) ?? (isUnseen(error) ? (lost = { kind: 'lost', message: error.message }) : undefined),
    })
    if (answer !== lost || misses === mostMisses) return answer
    await pause(Math.min(pollMs * 2 ** misses, longestPollMs), signal)
  }
}

type State = { readonly kind: 'state'; readonly status: string; readonly percent: number; readonly reason: string }

function readState(bytes: Uint8Array): State {
  const run = parseObject(bytes)
  const { async_status: status, async_percent_completion: percent } = run
  if (typeof status !== 'string')
    throw new MillraceError('MR-3005', { message: 'Waiting for a report of Facebook: the answer has no async_status.' })
  return { kind: 'state', status, percent: Number(percent ?? 0), reason: reasonOf(run) }
}

/** As far as it is told, in whichever type: the code has changed its own. */
function reasonOf(run: { readonly [name: string]: unknown }): string {
  const told = (name: string) => {
    const value = run[name]
    return (typeof value === 'string' || typeof value === 'number') && value !== '' && value !== 0 ? [value] : []
  }
  const code = [...told('error_code'), ...told('error_subcode')].join('/')
  const words = [...told('error_message'), ...told('error_user_msg')].join(' ')
  return `${code && `, code ${code}`}${words && `: ${words}`}`
}

export function parseObject(bytes: Uint8Array): { readonly [name: string]: unknown } {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString())
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

export const reportDocs = 'https://developers.facebook.com/docs/marketing-api/insights/best-practices/#asynchronous'
/** What a run that failed says of it since v25.0. https://developers.facebook.com/documentation/ads-commerce/marketing-api/insights/error-codes */
const runFields = [
  'async_status',
  'async_percent_completion',
  'error_code',
  'error_subcode',
  'error_message',
  'error_user_msg',
]
export const usualRows = 500
const fewestRows = 25
const longestPollMs = 30_000
const longestStandstillMs = 30 * 60_000
const mostMisses = 6
