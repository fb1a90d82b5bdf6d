import { cutPage, MillraceError, type Json } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { explainRefusal, type Asker } from './refused-query.ts'
import { encodeSoql } from './soql.ts'

/** One page of a query: records one a line, digits as they were sent. */
export type QueryPage = {
  readonly lines: Uint8Array
  readonly rows: number
  readonly lastLine: Uint8Array | null
  readonly done: boolean
  readonly totalSize: number
  readonly readAt: Date
  /** Characters that no warehouse can hold and became U+FFFD. */
  readonly altered: number
}

export type Query = {
  /** `queryAll` sees the recycle bin too. */
  readonly kind: 'query' | 'queryAll'
  readonly soql: string
  readonly signal: AbortSignal
  /** The stream that is read, where it is one. */
  readonly asker?: Asker
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm */
export async function fetchQueryPage(api: SalesforceApi, query: Query): Promise<QueryPage> {
  refuseTooLong(api, query)
  try {
    return await askFor(api, query)
  } catch (error) {
    throw query.asker ? explainRefusal(error, query.soql, query.asker) : error
  }
}

function refuseTooLong(api: SalesforceApi, { kind, soql }: Query): void {
  if (fitsUri(api, kind, soql)) return
  const bytes = `${api.basePath}/${kind}?q=${encodeSoql(soql)}`.length
  throw new MillraceError('MR-3004', {
    message: `Querying Salesforce: the query is ${bytes} bytes long in a URL, and Salesforce takes ${maxUriBytes} with the headers (${soql.slice(0, 60)} …).`,
    kept: 'Nothing was sent.',
    next: 'Read fewer fields of this stream (`include` or `exclude`), or shorten its `where`.',
  })
}

async function askFor(api: SalesforceApi, { kind, soql, signal }: Query): Promise<QueryPage> {
  return await api.call({
    method: 'GET',
    path: `/${kind}?q=${encodeSoql(soql)}`,
    docs: docs[kind],
    signal,
    timeoutMs: 120_000,
    headers: { 'Sforce-Query-Options': 'batchSize=2000' },
    read: (answer, readAt) => {
      const { lines, rows, lastLine, envelope, altered } = cutPage(answer, { records: 'records' })
      const [done, totalSize] = [valueOf(envelope, 'done'), valueOf(envelope, 'totalSize')]
      if (typeof done !== 'boolean' || typeof totalSize !== 'number')
        throw new MillraceError('MR-3005', {
          message: 'Reading a page of Salesforce: `done` or `totalSize` is missing.',
        })
      return { lines, rows, lastLine, done, totalSize, readAt, altered }
    },
  })
}

export const fitsUri = (api: Pick<SalesforceApi, 'basePath'>, kind: Query['kind'], soql: string): boolean =>
  `${api.basePath}/${kind}?q=${encodeSoql(soql)}`.length <= maxUriBytes - headerBytes

const valueOf = (envelope: Json, name: string): unknown =>
  typeof envelope === 'object' && envelope !== null ? Reflect.get(envelope, name) : undefined

/** https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm */
export const maxUriBytes = 16_384
/** The headers count too, and a token may be long. */
export const headerBytes = 2_048
const docs = {
  query: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm',
  queryAll: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm',
}
