import { MillraceError, type Json, type Scan, type ScanItem } from 'millrace'
import { findAccounts, type Account } from './account.ts'
import { askFields } from './ask-fields.ts'
import { pause, type GraphApi } from './client.ts'
import { addDays, countDays, earliest, latest } from './days.ts'
import { statusesOf } from './entity.ts'
import { idOf, fieldsOf, optedInBreakdowns, type Breakdown, type Level } from './insights-columns.ts'
import { daysOf, keptMonthsOf, lostDaysOf, type DaysOf } from './insights-days.ts'
import { readOptions, type ReadOptions } from './insights-options.ts'
import { listCampaigns } from './list-campaigns.ts'
import { after, again, placeIn, readPosition, readUpTo, within } from './position.ts'
import {
  addEmpty,
  refusedByAll,
  refusedByDays,
  warnOfLostDays,
  warnOfSilence,
  warnOfUnlisted,
  type EmptyDays,
} from './refusals.ts'
import { readReport, type Ending, type Part } from './report.ts'
import { usualRows, type ReportOf, type Rows } from './report-run.ts'
import type { Params } from './sdk.ts'

export type InsightsReading = {
  readonly stream: string
  readonly level: Level
  /** Of the stream itself; the sync's come on top. */
  readonly breakdowns: readonly Breakdown[]
  readonly accountIds: readonly string[] | undefined
  readonly pollMs: number
  readonly scan: Scan
  readonly signal: AbortSignal
}

/**
 * Account by account, report by report in the order of their days, a checkpoint a report. An account that refuses keeps the
 * scan from its end, and so its days from being taken for read; the others are read at every run all the same.
 */
export async function* readInsights(api: GraphApi, reading: InsightsReading): AsyncGenerator<ScanItem> {
  const { stream, level, accountIds, scan, signal } = reading
  const { options, breakdowns } = readOptions(reading, scan.options)
  let pageRows = usualRows
  const of = reportOf(reading, { options, breakdowns, pageRows: () => pageRows })
  const accounts = await findAccounts(api, accountIds, signal)
  const { readable, refused } = accounts
  const refusals = new Map(refused)
  const now = api.host.lastDate() ?? new Date(scan.to)
  const keptMonths = keptMonthsOf(breakdowns)
  const optedIn = breakdowns.filter((name) => optedInBreakdowns.includes(name))
  const empty = new Map<string, EmptyDays>()
  const known = knownOf(scan)
  warnOfUnlisted(api.host, stream, { last: scan.last, accounts })
  let position = readPosition(scan.resume)
  let span = options.days_per_report ?? usualSpan[level]
  // Nobody knows yet whether it was the size of the last report, or an outage.
  let isDoubted = false
  let left = scan.limit ?? Infinity

  const isHeldUp = position.read !== undefined
  const asked = (account: Account): DaysOf => ({
    scan: known?.includes(account.id) === false ? { ...scan, from: null } : scan,
    now,
    windowDays: options.window,
    keptMonths,
    readUpTo: position.read?.[account.id],
    isHeldUp,
  })
  const lost = readable.flatMap((account) => {
    if (position.done.includes(account.id)) return []
    const days = lostDaysOf(account, asked(account), placeIn(position, account.id))
    return days ? [[account.id, days] as const] : []
  })
  warnOfLostDays(api.host, stream, { lost: new Map(lost), keptMonths })
  try {
    for (const account of readable) {
      if (position.done.includes(account.id)) continue
      const days = daysOf(account, asked(account))
      // Where it stands may be too old by now.
      let day = days ? latest(placeIn(position, account.id) ?? '', days.first) : ''
      while (days && day <= days.last && !refusals.has(account.id)) {
        if (left <= 0) return
        const last = isDoubted ? day : earliest(addDays(day, span - 1), days.last)
        const whole: Part = { account: account.id, first: day, last, campaigns: null }
        const rows: AsyncGenerator<Rows, Ending> =
          day === last
            ? readDay(api, { of: { ...of, isProbe: isDoubted }, level, account }, whole)
            : readReport(api, of, whole)
        let isEmpty = true
        let next = await rows.next()
        for (; !next.done; next = await rows.next()) {
          pageRows = next.value.pageRows
          const batch = batchOf(next.value, breakdowns, left)
          left -= batch.records.length
          if (batch.records.length > 0) yield batch
          isEmpty &&= batch.records.length === 0
          // A limit is a limit: nothing more is asked for.
          if (left <= 0) return
        }
        const ending = next.value
        if (ending.kind === 'refused') refusals.set(account.id, ending.message)
        else if (ending.kind === 'split') {
          span = Math.ceil(countDays(day, last) / 2)
          isDoubted = ending.unknown !== undefined
        } else {
          isDoubted = false
          // Where nothing may mean that the vendor does not tell, it takes nothing away.
          const isTold = !isEmpty || optedIn.length === 0
          if (!isTold) empty.set(account.id, addEmpty(empty.get(account.id), { first: day, last }))
          const windows = [{ from: day, to: last, of: { account_id: bareId(account.id) } }]
          day = addDays(last, 1)
          yield { kind: 'checkpoint', resume: within(position, account.id, day), ...(isTold && { windows }) }
        }
      }
      if (days && day > days.first) position = readUpTo(position, account.id, day)
      if (refusals.has(account.id)) continue
      position = after(position, account.id)
      yield { kind: 'checkpoint', resume: position }
    }
  } finally {
    // However it ends, these days count as read; but a limit leaves the cursor where it is.
    if (scan.limit === null) warnOfSilence(api.host, stream, { empty, breakdowns: optedIn })
  }
  if (refusals.size === 0) {
    // Of an account that is no longer among those that are read, a replacement takes nothing away.
    yield { kind: 'checkpoint', resume: position, wholeOf: { field: 'account_id', values: position.done.map(bareId) } }
    return
  }
  if (readable.every(({ id }) => refusals.has(id))) throw refusedByAll(stream, refusals)
  yield { kind: 'checkpoint', resume: again(position) }
  throw refusedByDays(stream, refusals)
}

/** As rows name their account. */
const bareId = (id: string) => id.replace(/^act_/, '')

/** Accounts of the last complete scan; any other is read from its beginning. null: not told, or everything is read anyway. */
const knownOf = ({ full, last }: Scan): readonly string[] | null =>
  full || last === undefined || last === null ? null : readPosition(last).done

function reportOf(
  { stream, level, scan, pollMs, signal }: InsightsReading,
  { options, breakdowns, pageRows }: ReadOptions & Pick<ReportOf, 'pageRows'>,
): ReportOf {
  const known = fieldsOf(level, breakdowns)
  const params: Params = {
    level,
    time_increment: '1',
    ...(breakdowns.length > 0 && { breakdowns: [...breakdowns] }),
    ...(options.action_breakdowns && { action_breakdowns: options.action_breakdowns }),
    ...(options.attribution_windows && { action_attribution_windows: options.attribution_windows }),
  }
  const fields = askFields(
    stream,
    scan.fields.filter((field) => Object.hasOwn(known, field)),
    ['account_id', idOf[level]],
  )
  // Without it what is archived or deleted is not in the report, though its money was spent.
  const filters =
    level === 'account' ? [] : [{ field: `${level}.effective_status`, operator: 'IN', value: [...statusesOf[level]] }]
  return { stream, fields, params, filters, pollMs, signal, pageRows }
}

type DayOf = { readonly of: ReportOf; readonly level: Level; readonly account: Account }

/**
 * A day that is too much by itself is read by campaigns, half of them at a time, and one before them where nobody knows whether it is.
 * @throws MillraceError MR-3003 where not even that one comes, or there is nothing to halve: it is an outage
 */
async function* readDay(api: GraphApi, day: DayOf, part: Part): AsyncGenerator<Rows, Ending> {
  const { of, level } = day
  let ending = yield* readReport(api, of, part)
  if (ending.kind !== 'split') return ending
  if (of.isProbe && ending.unknown && (level === 'account' || part.campaigns)) throw ending.unknown
  // Where there is nothing left to halve: a job also fails without a reason, and works the next time.
  const halves = level === 'account' ? null : await halve(api, part, { ...day, isDoubted: isUnknown(ending) })
  for (let tries = 1; !halves && ending.kind === 'split' && tries < mostTries; tries++) {
    await pause(of.pollMs * 2 ** tries, of.signal)
    const isProbe = isUnknown(ending)
    ending = yield* readReport(api, { ...of, isProbe }, part)
    if (isProbe && ending.kind === 'split' && ending.unknown) throw ending.unknown
  }
  if (!halves && ending.kind === 'split') throw failed(of, part, ending.message)
  for (const half of halves ?? []) {
    ending = yield* readDay(api, { ...day, of: { ...of, isProbe: isUnknown(ending) } }, half)
    if (ending.kind === 'refused') return ending
  }
  return ending.kind === 'refused' ? ending : { kind: 'done' }
}

const isUnknown = (ending: Ending): boolean => ending.kind === 'split' && ending.unknown !== undefined

/** null: it cannot be made smaller. The day is replaced whole: with the halves goes what is in no list, as it is deleted or new. */
async function halve(
  api: GraphApi,
  part: Part,
  { of, account, isDoubted }: DayOf & { readonly isDoubted: boolean },
): Promise<readonly Part[] | null> {
  const { campaigns } = part
  if (campaigns?.kind === 'besides') return null
  const ids = campaigns?.ids ?? (await listCampaigns(api, account.id, of.signal))
  if (ids.length === 0 || (ids.length === 1 && campaigns)) return null
  const first = isDoubted ? 1 : 0
  const middle = first + ((ids.length - first) >> 1)
  const halves = [ids.slice(0, first), ids.slice(first, middle), ids.slice(middle)].filter((half) => half.length > 0)
  return [
    ...halves.map((half) => ({ ...part, campaigns: { kind: 'of', ids: half } as const })),
    ...(campaigns ? [] : [{ ...part, campaigns: { kind: 'besides', ids } as const }]),
  ]
}

/** The values of the breakdowns as one text: they are a part of the key, and which they are is the sync's choice. */
function batchOf({ records, readAt }: Rows, breakdowns: readonly Breakdown[], left: number) {
  return {
    kind: 'records',
    readAt,
    records: records.slice(0, left).map((record): { readonly [field: string]: Json } => ({
      ...record,
      _breakdowns: JSON.stringify(
        Object.fromEntries(breakdowns.toSorted().map((name) => [name, record[name] ?? null])),
      ),
    })),
  } as const
}

const namesOf = (campaigns: Part['campaigns']): string => {
  if (!campaigns) return ''
  return campaigns.kind === 'of' ? ` (campaign ${campaigns.ids.join(', ')})` : ' (campaigns that are in no list)'
}

const failed = ({ stream }: ReportOf, { account, first, campaigns }: Part, message: string) =>
  new MillraceError('MR-3003', {
    message: `${stream}: the report of ${account} for ${first}${namesOf(campaigns)} failed ${mostTries} times: ${message}`,
    kept: 'The days before it are loaded; the next run goes on with this one.',
    next: 'Run again later. If it stays, ask for fewer fields or breakdowns in the stream’s options.',
  })

/** Days of one report at first; it gets shorter by itself. */
const usualSpan: { readonly [level in Level]: number } = { account: 90, campaign: 30, adset: 14, ad: 7 }
const mostTries = 3
