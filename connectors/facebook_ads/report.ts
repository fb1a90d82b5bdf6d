import { MillraceError, type Json } from 'millrace'
import type { AskedFields } from './ask-fields.ts'
import { pause, type GraphApi } from './client.ts'
import { isForbidden, isTooMuch, type GraphError } from './graph-error.ts'
import { nextAfter, parseRows, readList, type ListPage } from './list-page.ts'
import type { Params } from './sdk.ts'

/** What a report is asked for: everything but the days and the objects. */
export type ReportOf = {
  readonly stream: string
  readonly fields: AskedFields
  readonly params: Params
  readonly filters: readonly Json[]
  readonly pollMs: number
  readonly signal: AbortSignal
}

export type Part = {
  readonly account: string
  readonly first: string
  readonly last: string
  /** null: all. */
  readonly campaigns: Campaigns | null
}

/** `besides`: all but these. What no list has, as it is deleted, is among them. */
export type Campaigns = { readonly kind: 'of' | 'besides'; readonly ids: readonly string[] }

export type Rows = { readonly records: readonly { readonly [field: string]: Json }[]; readonly readAt: Date }

/** `split`: too much for one report, or it failed. `refused`: the token may not read the account. */
export type Ending = { readonly kind: 'done' } | { readonly kind: 'split' | 'refused'; readonly message: string }

/**
 * One report: started, waited for, read page by page. Rows that came before it broke off come again with its parts.
 * https://developers.facebook.com/docs/marketing-api/insights/best-practices/#asynchronous
 */
export async function* readReport(api: GraphApi, of: ReportOf, part: Part): AsyncGenerator<Rows, Ending> {
  const started = await startReport(api, of, part)
  if (typeof started !== 'string') return started
  const failed = await waitForReport(api, of, started)
  if (failed !== null) return { kind: 'split', message: failed }
  let limit = rowsPerPage
  let at: string | null = null
  for (;;) {
    const from: string | null = at
    const page: (ListPage & { readonly kind: 'page' }) | { readonly kind: 'less'; readonly message: string } =
      await api.ask<(ListPage & { readonly kind: 'page' }) | { readonly kind: 'less'; readonly message: string }>({
        label: `GET /${started}/insights`,
        docs: reportDocs,
        signal: of.signal,
        send: (sdk) => sdk.reportRows(started, { limit, ...(from !== null && { after: from }) }),
        read: (bytes, readAt) => ({ kind: 'page', ...readList(bytes, readAt) }),
        recover: (error) => (isTooMuch(error) ? { kind: 'less', message: error.message } : undefined),
      })
    if (page.kind === 'less') {
      if (limit <= fewestRows) return { kind: 'split', message: page.message }
      limit = Math.max(fewestRows, limit >> 1)
      continue
    }
    if (page.rows > 0) yield { records: parseRows(page.lines), readAt: page.readAt }
    at = nextAfter(page, from)
    if (at === null) return { kind: 'done' }
  }
}

/** The run's id. https://developers.facebook.com/docs/marketing-api/reference/ad-account/insights/#Creating */
async function startReport(api: GraphApi, of: ReportOf, part: Part): Promise<string | Ending> {
  const filtering: Json = [...of.filters, ...(part.campaigns ? [filterOf(part.campaigns)] : [])]
  const answer = await api.ask<string | GraphError | MillraceError>({
    label: `POST /${part.account}/insights`,
    docs: reportDocs,
    signal: of.signal,
    send: (sdk) =>
      sdk.startReport(part.account, of.fields.names, {
        ...of.params,
        ...(filtering.length > 0 && { filtering }),
        time_range: { since: part.first, until: part.last },
      }),
    read: readRunId,
    // A field that needs a permission has the code of an account that does.
    recover: (error) => of.fields.refusal(error) ?? (isTooMuch(error) || isForbidden(error) ? error : undefined),
  })
  if (typeof answer === 'string') return answer
  if (answer instanceof MillraceError) throw answer
  return { kind: isTooMuch(answer) ? 'split' : 'refused', message: answer.message }
}

const filterOf = ({ kind, ids }: Campaigns): Json => ({
  field: 'campaign.id',
  operator: kind === 'of' ? 'IN' : 'NOT_IN',
  value: [...ids],
})

/** null: it is there to be read. Else what the vendor says. */
async function waitForReport(api: GraphApi, { signal, pollMs }: ReportOf, run: string): Promise<string | null> {
  let waitMs = pollMs
  let seen = ''
  let movedAt = performance.now()
  for (;;) {
    const { status, percent, reason } = await api.ask({
      label: `GET /${run}`,
      docs: reportDocs,
      signal,
      send: (sdk) => sdk.report(run, runFields),
      read: readStatus,
    })
    // It can say 100 per cent while it still runs.
    if (status === 'Job Completed') return null
    if (status === 'Job Failed' || status === 'Job Skipped') return `${status}${reason}`
    if (`${status} ${percent}` !== seen) movedAt = performance.now()
    seen = `${status} ${percent}`
    if (performance.now() - movedAt > longestStandstillMs)
      return `${status} at ${percent} % for ${longestStandstillMs / 60_000} minutes`
    await pause(waitMs, signal)
    waitMs = Math.min(waitMs * 1.5, longestPollMs)
  }
}

function readRunId(bytes: Uint8Array): string {
  const id = parseObject(bytes)['report_run_id']
  if (typeof id === 'string' && id !== '') return id
  throw new MillraceError('MR-3005', { message: 'Starting a report of Facebook: the answer has no report_run_id.' })
}

function readStatus(bytes: Uint8Array) {
  const run = parseObject(bytes)
  const { async_status: status, async_percent_completion: percent } = run
  if (typeof status !== 'string')
    throw new MillraceError('MR-3005', { message: 'Waiting for a report of Facebook: the answer has no async_status.' })
  return { status, percent: Number(percent ?? 0), reason: reasonOf(run) }
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

function parseObject(bytes: Uint8Array): { readonly [name: string]: unknown } {
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
const rowsPerPage = 500
const fewestRows = 25
const longestPollMs = 30_000
const longestStandstillMs = 30 * 60_000
