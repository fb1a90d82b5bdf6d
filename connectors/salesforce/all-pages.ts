import { MillraceError, type JsonObject } from 'millrace'
import type { QueryPage } from './query.ts'
import { quote } from './soql.ts'
import { watchPages } from './watch-pages.ts'

/**
 * All that a query finds. Salesforce makes a page as short as it likes, and says so in `done` alone: what follows is asked for by
 * Id. `soql` has Id among its fields and ends with its conditions.
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_changing_batch_size.htm
 */
export async function* allPages(
  soql: string,
  fetchPage: (soql: string) => Promise<QueryPage>,
): AsyncGenerator<QueryPage> {
  const watch = watchPages('Querying records', null)
  let page = await fetchPage(inOrder(soql))
  yield page
  while (!page.done) {
    const id = lastId(page)
    watch({ id, at: null })
    page = await fetchPage(inOrder(`${soql} AND Id > ${quote(id)}`))
    yield page
  }
}

/** The first page's query, as it is sent. */
export const inOrder = (soql: string): string => `${soql} ORDER BY Id`

function lastId({ lastLine }: QueryPage): string {
  const last: JsonObject = lastLine === null ? {} : JSON.parse(Buffer.from(lastLine).toString())
  if (typeof last['Id'] === 'string') return last['Id']
  throw new MillraceError('MR-3005', {
    message: 'Querying Salesforce: a page that says there are more, and has no record with an Id to go on from.',
    next: 'Run again; if it stays so, report it with the words above.',
  })
}
