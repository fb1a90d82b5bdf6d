import { MillraceError, type Json } from 'millrace'
import type { GraphApi } from './client.ts'
import { isForbidden, isTooMuch, type GraphError } from './graph-error.ts'
import { parseObject, readRun, reportDocs, type ReportOf, type Rows, type Split } from './report-run.ts'

export type Part = {
  readonly account: string
  readonly first: string
  readonly last: string
  /** null: all. */
  readonly campaigns: Campaigns | null
}

/** `besides`: all but these. What no list has, as it is deleted, is among them. */
export type Campaigns = { readonly kind: 'of' | 'besides'; readonly ids: readonly string[] }

/** `split`: too much for one report, or it failed. `refused`: the token may not read the account. */
export type Ending = { readonly kind: 'done' } | Split | { readonly kind: 'refused'; readonly message: string }

/**
 * One report: started, waited for, read page by page. Rows that came before it broke off come again with its parts, or with
 * the run that is started anew. A run that is never found says nothing of its size: a smaller one would not be found either.
 * https://developers.facebook.com/docs/marketing-api/insights/best-practices/#asynchronous
 * @throws MillraceError MR-3003 where it is started again and again, and never found
 */
export async function* readReport(api: GraphApi, of: ReportOf, part: Part): AsyncGenerator<Rows, Ending> {
  for (let starts = 1; ; starts++) {
    const started = await startReport(api, of, part)
    if (typeof started !== 'string') return started
    const ending = yield* readRun(api, of, started)
    if (ending.kind !== 'lost') return ending
    if (starts === mostStarts) throw neverFound(of, part, ending.message)
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

function readRunId(bytes: Uint8Array): string {
  const id = parseObject(bytes)['report_run_id']
  if (typeof id === 'string' && id !== '') return id
  throw new MillraceError('MR-3005', { message: 'Starting a report of Facebook: the answer has no report_run_id.' })
}

const neverFound = ({ stream }: ReportOf, { account, first, last }: Part, message: string) =>
  new MillraceError('MR-3003', {
    message: `${stream}: the report of ${account} for ${first === last ? first : `${first} to ${last}`} was started ${mostStarts} times, and Facebook did not find it: ${message}`,
    kept: 'The days before it are loaded; the next run goes on with this one.',
    next: 'Run again later. If it stays, see whether the token may still read the account: ads_read, and View performance on it.',
  })

const mostStarts = 3
