import { open, rm } from 'node:fs/promises'
import { MillraceError, type Host } from 'millrace'
import type { Compound } from './compound.ts'
import { openCsvPage, type CsvPage, type CsvSummary } from './csv-page.ts'
import type { Calling } from './job-state.ts'

export type ResultsPage = CsvSummary & { readonly path: string; readonly locator: string | null }

export type PageRequest = {
  /** Of the object, for the file's name. */
  readonly name: string
  readonly locator: string | null
  readonly maxRecords: number
  readonly columns: readonly string[]
  readonly compounds: readonly Compound[]
  readonly host: Pick<Host, 'spoolPath'>
}

/**
 * A page of a job's results as a file. null: the job or its results are no more there.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm
 */
export async function fetchResultsPage(
  { api, signal }: Calling,
  id: string,
  request: PageRequest,
): Promise<ResultsPage | null> {
  const { locator, maxRecords } = request
  const query = new URLSearchParams({ maxRecords: String(maxRecords), ...(locator !== null && { locator }) })
  let attempt: Attempt | null = null
  api.checkQuota()
  return await api.call<ResultsPage | null>({
    method: 'GET',
    path: `/jobs/query/${id}/results?${query.toString()}`,
    headers: { accept: 'text/csv' },
    docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm',
    signal,
    timeoutMs: 600_000,
    // A file of its own for each attempt: one that was given up may still be writing.
    into: async () => (attempt = await openAttempt(request)),
    read: async (_bytes, _readAt, answer) => {
      const { path, finish } = attempt ?? (await openAttempt(request))
      const summary = await finish()
      // What it says where the results cannot be had.
      if (answer.status === 204) {
        await rm(path, { force: true })
        return null
      }
      const told = Number(answer.header('sforce-numberofrecords') ?? Number.NaN)
      if (told !== summary.rows)
        throw new MillraceError('MR-3005', {
          message: `Reading the results of a query job of Salesforce: a page of ${told} rows brought ${summary.rows}.`,
        })
      return { ...summary, path, locator: nextLocator(answer.header('sforce-locator')) }
    },
    recover: ({ code }) =>
      /^(NOT_FOUND|INVALID_?JOB(_?STATE)?|INVALID_?LOCATOR|INVALID_QUERY_LOCATOR)$/.test(code)
        ? { value: null }
        : undefined,
  })
}

type Attempt = {
  readonly path: string
  readonly take: (chunk: Uint8Array) => Promise<void>
  readonly drop: () => Promise<void>
  readonly finish: () => Promise<CsvSummary>
}

async function openAttempt({ name, columns, compounds, host }: PageRequest): Promise<Attempt> {
  const path = host.spoolPath(`${name}.csv`)
  const page: CsvPage = openCsvPage(columns, compounds)
  const file = await open(path, 'w')
  return {
    path,
    async take(chunk) {
      const bytes = page.take(chunk)
      if (bytes.length > 0) await file.writeFile(bytes)
    },
    async drop() {
      await file.close()
      await rm(path, { force: true })
    },
    async finish() {
      const summary = page.end()
      await file.close()
      return summary
    },
  }
}

/** The word `null` ends. */
const nextLocator = (header: string | null): string | null =>
  header === null || header === '' || header === 'null' ? null : header
