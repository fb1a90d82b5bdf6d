import { MillraceError, type Host } from 'millrace'
import type { AdsPage } from './page.ts'

export type Following = {
  /** Asks for the page of this token. */
  readonly ask: (pageToken: string | null) => Promise<AdsPage | 'closed' | 'page gone'>
  /** The token to begin with; null: the first page. */
  readonly from: string | null
  /** Of which account: for what is said. */
  readonly doing: string
  /** What makes the query smaller. */
  readonly advice: string
  readonly host: Pick<Host, 'warn'>
}

/** `again`: what comes now comes from the first page, whatever came before. */
export type Followed = { readonly page: AdsPage } | 'closed' | 'again'

/**
 * The pages of one query in turn. Of a page that is gone the query begins again, which is an operation of the day's more: as long as it
 * gets further than before, or three times.
 * https://developers.google.com/google-ads/api/docs/reporting/paging
 */
export async function* followPages({ ask, from, doing, advice, host }: Following): AsyncGenerator<Followed> {
  let pageToken = from
  let rows = 0
  let furthest = 0
  let restarts = 0
  // Who begins in the middle does not know how far that is.
  let isFromFirst = from === null
  const seen = new Set<string>()
  for (;;) {
    const page = await ask(pageToken)
    if (page === 'closed') {
      yield page
      return
    }
    if (page === 'page gone') {
      restarts = isFromFirst && rows > furthest ? 1 : restarts + 1
      if (restarts > mostRestarts) throw neverWhole({ doing, advice })
      host.warn(`${doing}: Google Ads knows the next page no more, after ${rows} rows; the query begins again.`)
      furthest = isFromFirst ? Math.max(furthest, rows) : 0
      isFromFirst = true
      pageToken = null
      rows = 0
      seen.clear()
      yield 'again'
      continue
    }
    rows += page.rows
    const next = page.nextPageToken
    if (next !== null && seen.has(next))
      throw new MillraceError('MR-3005', {
        message: `${doing}: a page of Google Ads names one as the next that was read already.`,
      })
    yield { page }
    if (next === null) return
    seen.add(next)
    pageToken = next
  }
}

const neverWhole = ({ doing, advice }: Pick<Following, 'doing' | 'advice'>) =>
  new MillraceError('MR-3005', {
    message: `${doing}: Google Ads refuses its own page tokens, though the query was begun again ${mostRestarts} times and came no further.`,
    kept: 'What was committed stays; a scan goes on at its last checkpoint.',
    next: ['Run again later.', advice],
  })

const mostRestarts = 3
