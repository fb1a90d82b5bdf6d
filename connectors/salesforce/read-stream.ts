import { MillraceError, type Context, type Json, type Scan, type ScanItem } from 'millrace'
import { queryDocs, queryPath, type QueryPage, type SalesforceApi } from './client.ts'
import { countQuery, pageQuery, type Keyset, type Source } from './soql.ts'

/**
 * Reads a window through REST queryAll (deleted rows are in it), a checkpoint a page. The resume point is the last row's
 * stamp and Id, never a query locator: locators die after two days, and with the session.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm
 */
export async function* readStream(
  api: SalesforceApi,
  source: Source,
  { scan, context }: { readonly scan: Scan; readonly context: Context },
): AsyncIterable<ScanItem> {
  const { signal } = context
  let after = readKeyset(scan.resume)
  let left = scan.limit ?? Infinity
  while (left > 0) {
    const rows = Math.min(pageRows, left)
    let path: string | null = queryPath(pageQuery(source, scan, { after, rows }), 'queryAll')
    let got = 0
    // A query of wide rows comes in several answers; each is a page of its own.
    while (path !== null) {
      signal.throwIfAborted()
      const page: QueryPage = await api.page({ path, docs: queryDocs, signal })
      got += page.rows
      after = lastKeyset(source, page.lastLine) ?? after
      if (page.rows > 0) yield { kind: 'lines', lines: page.lines, rows: page.rows, readAt: page.readAt }
      yield { kind: 'checkpoint', resume: after }
      path = page.next
    }
    left -= got
    if (got < rows) return
  }
}

/** https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_count.htm */
export async function countRows(
  api: SalesforceApi,
  source: Source,
  { scan, context }: { readonly scan: Scan; readonly context: Context },
): Promise<number> {
  const page = await api.page({
    path: queryPath(countQuery(source, scan), 'queryAll'),
    docs: queryDocs,
    signal: context.signal,
  })
  return page.totalSize
}

function lastKeyset({ cursor }: Source, line: Uint8Array | null): Keyset | undefined {
  if (line === null) return undefined
  const row: { readonly [field: string]: unknown } = JSON.parse(Buffer.from(line).toString())
  const stamp = cursor === undefined ? null : row[cursor]
  if (typeof row['Id'] !== 'string' || (stamp !== null && typeof stamp !== 'string'))
    throw new MillraceError('MR-3005', {
      message: `A row of Salesforce without Id or ${cursor ?? ''}: the page cannot be followed.`,
    })
  return { cursor: stamp, id: row['Id'] }
}

function readKeyset(resume: Json): Keyset | null {
  if (typeof resume !== 'object' || resume === null || !('id' in resume)) return null
  const { cursor, id } = resume
  return typeof id === 'string' ? { cursor: typeof cursor === 'string' ? cursor : null, id } : null
}

/** The most that one answer holds. */
export const pageRows = 2000
