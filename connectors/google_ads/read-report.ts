import type { ReadWindow, ScanItem } from 'millrace'
import { compareIds, type AdsAccount } from './accounts.ts'
import { daysIn, firstAsked } from './asked-days.ts'
import { addDays, cutDays, lastDayBefore, laterOf, type DayRange } from './days.ts'
import { writeQuery } from './gaql.ts'
import { objectOf, parseLines, readPage } from './page.ts'
import type { ReportPosition } from './position.ts'
import type { Asked, AskedOf } from './read-entities.ts'
import { readQuery, type Reading } from './read-query.ts'
import type { Report } from './streams.ts'

/**
 * Days, newest first, so many a query; each of them of every account before the next ones. A day belongs to a scan where
 * its midnight, taken as UTC, lies within the bounds: the vendor's days are those of each account's own time zone.
 */
export async function* readReport(
  reading: Reading,
  { stream, scan, fields, accounts }: AskedOf,
  { report, from }: { readonly report: Report; readonly from: ReportPosition | null },
): AsyncGenerator<ScanItem> {
  const range = await daysOf(reading, { stream, scan, fields }, { report, accounts })
  const days = report.isDaily ? 1 : (daysIn(scan, 'days_per_query') ?? report.daysPerQuery)
  const rest = partsOf(range, { from, days })
  let left = scan.limit ?? Infinity
  // Days of an account that are read whole, since the last checkpoint.
  let windows: readonly ReadWindow[] = []
  for (const [index, part] of rest.entries()) {
    const resumed = index === 0 ? from : null
    const asked = accounts.filter(({ id }) => {
      const earliest = range.earliest.get(id)
      return (earliest === undefined || earliest <= part.to) && (!resumed || compareIds(id, resumed.account) >= 0)
    })
    for (const [nth, account] of asked.entries()) {
      if (left <= 0) return
      const limit = scan.limit === null ? null : left
      const query = writeQuery({
        fields,
        from: stream.from,
        conditions: [stream.where, scan.where, within(part)],
        limit,
      })
      // A page's token is of the query as it was, with all its days.
      const page = resumed?.account === account.id && resumed.from === part.from ? resumed.page : null
      let rows = 0
      let isWhole = false
      for await (const item of readQuery(reading, { account, query, from: page, isWhole: limit === null })) {
        if (item.again !== undefined) continue
        yield* item.batches
        left -= item.rows
        rows += item.rows
        isWhole = item.next === null && limit === null
        if (item.next === null) continue
        const resume = { phase: 'days', ...part, account: account.id, page: item.next }
        yield { kind: 'checkpoint', resume, windows, daysOpen: true }
        windows = []
      }
      if (isWhole) windows = [...windows, { ...part, of: { 'customer.id': account.id } }]
      const following = asked[nth + 1]
      if (!following || rows === 0) continue
      yield { kind: 'checkpoint', resume: { phase: 'days', ...part, account: following.id, page: null }, windows }
      windows = []
    }
    const following = rest[index + 1]
    const [first] = accounts
    if (!following || !first) continue
    yield { kind: 'checkpoint', resume: { phase: 'days', ...following, account: first.id, page: null }, windows }
    windows = []
  }
  // Also where nothing was left to be read: whose rows these are has to be told.
  yield { kind: 'checkpoint', resume: { phase: 'done' }, windows }
}

type Days = DayRange & {
  readonly earliest: ReadonlyMap<string, string>
  /** The first day that the vendor still gives. */
  readonly kept: string
}

function partsOf(
  range: Days,
  { from, days }: { readonly from: ReportPosition | null; readonly days: number },
): readonly DayRange[] {
  if (!from) return [...cutDays(range, days)]
  // A scan may have waited so long that the vendor gives the days that were under way no longer, and none before.
  if (from.to < range.kept) return []
  // What was under way is gone on with as it was cut then, less what is not given any more.
  const underWay = { from: laterOf(from.from, range.kept), to: from.to }
  return [underWay, ...cutDays({ from: range.from, to: addDays(from.from, -1) }, days)]
}

async function daysOf(
  reading: Reading,
  { stream, scan }: Asked,
  { report, accounts }: { readonly report: Report; readonly accounts: readonly AdsAccount[] },
): Promise<Days> {
  const to = lastDayBefore(scan.to)
  // By the vendor's clock: the part of a backfill ends long before it.
  const now = (reading.host.lastDate() ?? new Date()).toISOString()
  const kept = addDays(lastDayBefore(now), 1 - report.keptDays)
  const asked = firstAsked(scan, report)
  if (asked === null) {
    const earliest = await findEarliest(reading, accounts, { from: kept, to })
    return { from: [...earliest.values()].sort()[0] ?? addDays(to, 1), to, earliest, kept }
  }
  if (asked < kept)
    reading.host.warn(
      `${stream.name}: Google Ads gives ${report.keptDays} days of it; nothing before ${kept} can be read.`,
    )
  return { from: laterOf(asked, kept), to, earliest: new Map(), kept }
}

/**
 * The first day with anything in it, per account; one that never had a click or impression has none.
 * https://developers.google.com/google-ads/api/docs/reporting/segmentation
 */
async function findEarliest(
  reading: Reading,
  accounts: readonly AdsAccount[],
  range: DayRange,
): Promise<ReadonlyMap<string, string>> {
  const days = new Map<string, string>()
  if (range.to < range.from) return days
  for (const account of accounts) {
    const page = await reading.api.search({
      account,
      query: `SELECT segments.date, metrics.impressions FROM customer WHERE ${within(range)} ORDER BY segments.date ASC LIMIT 1`,
      pageToken: null,
      signal: reading.signal,
      read: readPage,
    })
    if (page === 'closed') reading.accounts.skip(account, account.name)
    const date = typeof page === 'string' ? undefined : objectOf(objectOf(parseLines(page.lines)[0]).segments).date
    days.set(account.id, typeof date === 'string' ? date : never)
  }
  return days
}

const within = ({ from, to }: DayRange) =>
  from === to ? `segments.date = '${from}'` : `segments.date BETWEEN '${from}' AND '${to}'`

const never = '9999-12-31'
