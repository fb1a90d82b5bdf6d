/**
 * Random histories of two accounts against what the warehouse then holds of their days: the real connector and SDK on the
 * simulator, the real engine and DuckDB. Only time is made up: one clock for both sides, and the pauses of a report are short.
 */
import type * as timers from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { statusesOf } from '../../../connectors/facebook_ads/entity.ts'
import facebookAds from '../../../connectors/facebook_ads/index.ts'
import { makeRows } from '../../../connectors/facebook_ads/sandbox/insights.ts'
import { recordsOf, vendorTime } from '../../../connectors/facebook_ads/sandbox/records.ts'
import { makeCampaign } from '../../../connectors/facebook_ads/sandbox/seed.ts'
import simulator from '../../../connectors/facebook_ads/sandbox.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import { MillraceErrors } from '../../../src/model/millrace-error.ts'
import type { TextRow } from '../../../src/warehouse/port.ts'
import { openWorld, type RunOptions, type World } from '../../etl/world.ts'
import { DayOracle } from '../day-oracle.ts'
import { onMadeUpClock } from '../on-made-up-clock.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'

vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof timers>()
  const setTimeout: typeof real.setTimeout = (ms, ...rest) => real.setTimeout((ms ?? 0) / 100, ...rest)
  return { ...real, setTimeout }
})

const [hour, day] = [3_600_000, 86_400_000]
const levels = { account_insights: 'account', campaign_insights: 'campaign' } as const
type StreamName = keyof typeof levels
const edit = fc.record({
  kind: fc.constantFrom('launch', 'launch', 'stop', 'erase', 'pass', 'pass', 'pass'),
  account: fc.nat({ max: 1 }),
  which: fc.nat({ max: 20 }),
  back: fc.constantFrom(0, 1, 3, 6, 27, 28, 29, 40),
  ms: fc.constantFrom(0, 1_000, hour, 14 * hour, day, 6 * day, 20 * day),
})
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never
const ofWire = ['status', 'html', 'cut_json', 'reset_before', 'reset_after', 'rate_limit'] as const
const ofReports = ['job_failed', 'job_skipped', 'slow_reports', 'unseen_report', 'too_much_data'] as const
const step = fc.record({
  edits: fc.array(edit, { maxLength: 6, size: 'max' }),
  /** Just before the request of this number is answered. */
  meanwhile: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), edit), { maxLength: 3, size: 'max' }),
  kind: fc.constantFrom('live', 'live', 'live', 'live', 'full', 'limit', 'backfill'),
  end: fc.constantFrom('whole', 'fails', 'falters', 'aborted', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 14 }),
  fault: fc.constantFrom(...ofWire, ...ofReports, 'too_much_page', 'forbidden_account', 'unlisted_account'),
  chunkRows: fc.constantFrom(1, 4, 100),
  window: fc.constantFrom(28, 28, 7),
  perReport: fc.constantFrom(90, 10, 3),
  days: fc.constantFrom<readonly [number, number]>([60, 0], [33, 27], [10, 2]),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.record({
  read: fc.constantFrom<readonly StreamName[]>(['account_insights'], ['campaign_insights'], ['campaign_insights']),
  /** How far the vendor's clock is before ours. */
  skewMs: fc.constantFrom(0, 0, 90_000, -90_000),
  steps: fc.array(step, { minLength: 1, maxLength: 4, size: 'max' }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const calm: Step = {
  ...({ edits: [], meanwhile: [], kind: 'live', end: 'whole', when: 1, fault: 'status', chunkRows: 100 } as const),
  ...({ window: 28, perReport: 90, days: [1, 0] } as const),
}
const seededDays = 45

type Played = Pick<History, 'read'> & {
  readonly world: World
  readonly vendor: OnSimulator
  readonly context: SimulatorContext
  readonly nowMs: () => number
  readonly oracle: DayOracle
  readonly asked: { on: () => void }
  /** Scan → the vendor's clock when it began, how far the last complete one had come by then, and the shortest window since. */
  readonly began: Map<string, { readonly ms: number; readonly through: number | undefined; window: number }>
  /** Stream → how far its last complete scan came. */
  readonly through: Map<string, number>
}

async function open({ read, skewMs }: History): Promise<Played> {
  const world = openWorld()
  const RealDate = onMadeUpClock(world)
  const asked = { on: () => undefined as void }
  const nowMs = () => world.clock().getTime() + skewMs
  const found: { context?: SimulatorContext } = {}
  const vendor = await openConnector({
    connector: facebookAds,
    simulator: {
      ...simulator,
      seed(context) {
        simulator.seed(context)
        for (const type of ['campaigns', 'adsets', 'ads'])
          for (const [id] of context.store.all(type)) context.store.remove(type, id)
        for (const account of accountsOf(context)) launch(context, account, seededDays)
      },
      serve(given) {
        const context = { ...given, now: () => new RealDate(nowMs()) }
        found.context = context
        const answer = simulator.serve(context)
        return (request) => {
          asked.on()
          return answer(request)
        }
      },
    },
    keys: {},
    retry: { attempts: 3, malformedAttempts: 1, initialMs: 1, maxMs: 2 },
  })
  const { context } = found
  if (!context) throw new Error('the simulator was not served')
  // Its answers are dated by the sandbox's own clock.
  vi.spyOn(vendor.host, 'lastDate').mockImplementation(() => new RealDate(nowMs()))
  const first = dayOf(nowMs() - 120 * day)
  const truthOf = (name: string) => {
    const level = Object.entries(levels).find(([stream]) => stream === name)?.[1] ?? 'account'
    const values = statusesOf.campaign
    const filters = level === 'account' ? [] : [{ field: 'campaign.effective_status', isNot: false, values }]
    const fields = ['account_id', 'campaign_id', 'impressions', 'clicks', 'spend', 'actions']
    const last = dayOf(nowMs() + day)
    const rows = accountsOf(context).flatMap((account) =>
      makeRows(context, {
        account: `act_${account}`,
        level,
        fields,
        breakdowns: [],
        first,
        last,
        daily: true,
        filters,
      }),
    )
    return new Map(rows.map((row) => [keyOf(row), valueOf(row)]))
  }
  const oracle = new DayOracle(read, { truthOf, keyOf, valueOf, offNow: () => [], nowMs })
  return { read, world, vendor, context, nowMs, asked, oracle, began: new Map(), through: new Map() }
}

const accountsOf = ({ store }: SimulatorContext) =>
  recordsOf(store, 'ad_accounts').map((row) => String(row['account_id']))
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const keyOf = (row: JsonObject | TextRow) =>
  `${row['account_id']}|${row['campaign_id'] ?? ''}|${String(row['date_start']).slice(0, 10)}`
const valueOf = ({ impressions, clicks, spend, actions }: JsonObject | TextRow) => {
  const told: unknown = typeof actions === 'string' ? JSON.parse(actions) : (actions ?? null)
  return [Number(impressions), Number(clicks), Number(spend), JSON.stringify(told)].join(' ')
}

function launch(context: SimulatorContext, accountId: string, back: number): void {
  const at = new Date(context.now().getTime() - back * day)
  makeCampaign(context, context.world.random(`launch ${accountId} ${back}`), { accountId, name: `back ${back}`, at })
}

function change({ world, context, oracle }: Played, { kind, account, which, back, ms }: Edit): void {
  const { store } = context
  const accountId = accountsOf(context)[account] ?? ''
  if (kind === 'pass') world.setClock(world.clock().getTime() + ms)
  else if (kind === 'launch') launch(context, accountId, back)
  else {
    const own = recordsOf(store, kind === 'stop' ? 'campaigns' : 'ads').filter((row) => row['account_id'] === accountId)
    const chosen = own[which % Math.max(1, own.length)]
    const id = String(chosen?.['id'])
    // As an ad whose clicks turn out to be invalid: its days are without them.
    if (chosen && kind === 'erase') store.remove('ads', id)
    else if (chosen) {
      const effective_status = ['PAUSED', 'ARCHIVED', 'DELETED'][which % 3] ?? 'PAUSED'
      store.put('campaigns', id, { ...chosen, effective_status, updated_time: vendorTime(context.now()) })
    }
  }
  oracle.look()
}

async function play(played: Played, each: Step) {
  const { world, vendor, oracle, context, asked, read, began, through, nowMs } = played
  for (const of of each.edits) change(played, of)
  oracle.look()
  const stop = new AbortController()
  let requests = 0
  let events = 0
  asked.on = () => {
    requests++
    // No run reads for days.
    for (const [at, of] of each.meanwhile)
      if (at === requests) change(played, { ...of, ms: Math.min(of.ms, 14 * hour) })
  }
  const isFaulty = each.end === 'fails' || each.end === 'falters'
  const isShut = isFaulty && (each.fault === 'forbidden_account' || each.fault === 'unlisted_account')
  const scans = new Map<string, Parameters<DayOracle['complete']>[1]>()
  const ends = new Map<string, number>()
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'stream.started') {
      const scan = began.get(event.scan) ?? { ms: nowMs(), through: through.get(event.stream), window: each.window }
      scan.window = Math.min(scan.window, each.window)
      began.set(event.scan, scan)
      const isLive = each.kind === 'live'
      const fromMs = isLive ? scan.through : event.from === null ? undefined : Date.parse(event.from)
      const by = isLive ? scan.window : 0
      // A day less on both sides: the accounts' days are not those of UTC.
      const first = fromMs === undefined ? null : dayOf(fromMs - (by - 1) * day)
      scans.set(event.stream, { beganMs: scan.ms, first, last: dayOf(Date.parse(event.to) - 1 - day) })
      ends.set(event.stream, Date.parse(event.to))
    }
    const scan = event.type === 'cursor.committed' && event.done ? scans.get(event.stream) : undefined
    // Whom a fault shut out is not told apart here.
    if (scan && event.type === 'cursor.committed' && each.kind !== 'limit') {
      oracle.look()
      if (!isShut) oracle.complete(event.stream, scan)
      if (each.kind !== 'backfill') through.set(event.stream, ends.get(event.stream) ?? 0)
    }
    if (each.end === 'aborted' && ++events === 2 * each.when) stop.abort()
  }
  const vendorNow = async () => new Date(Math.floor(nowMs() / 1000) * 1000)
  const options: RunOptions = {
    chunkRows: each.chunkRows,
    maxShrink: { fraction: 1 },
    sync: { maxShrink: { fraction: 1 } },
    streams: read.map((name) => ({ name, options: { window: each.window, days_per_report: each.perReport } })),
    signal: stop.signal,
    isStopping: () => each.end === 'stopped' && requests >= each.when,
    onEvent,
    vendorNow,
  }
  const account = `act_${accountsOf(context)[each.when % 2]}`
  const ofFault: { readonly [name: string]: JsonObject } = {
    status: { status: 500 },
    job_failed: { days: each.when },
    job_skipped: { days: each.when },
    slow_reports: { polls: 4 },
    too_much_data: { rows: each.when },
    too_much_page: { limit: each.when },
    forbidden_account: { account },
    unlisted_account: { account },
  }
  const times = each.end === 'fails' ? 'always' : 1
  if (isFaulty) await vendor.fault(each.fault, { times, after: each.when, ...ofFault[each.fault] })
  // What a connection knows of its accounts holds for one run.
  const config = facebookAds.config.parse(vendor.sandbox.connection('facebook_ads'))
  // The contract of `open` is typed by each connector's own keys.
  const opened = await facebookAds.open({ config: config as never, host: vendor.host })
  const connector = { ...opened, now: vendorNow }
  try {
    if (each.kind === 'backfill') {
      const [from = '', to = ''] = each.days.map((days) => `${dayOf(nowMs() - days * day)}T00:00:00.000Z`)
      return await world.backfill(connector, { from, to, streams: read.slice(0, 1) }, options)
    }
    const limit = each.kind === 'limit' ? 3 : null
    return await world.run(connector, { ...options, fullRefresh: each.kind === 'full', limit })
  } catch (error) {
    const isRefused =
      error instanceof MillraceErrors && error.errors.every(({ code }) => code === 'MR-1208' || code === 'MR-1209')
    if (!stop.signal.aborted && !isRefused && !isFaulty) throw error
    return null
  } finally {
    await opened.close?.()
    if (isFaulty) await vendor.fault(each.fault, null)
    asked.on = () => undefined
  }
}

test('whatever happens in the accounts and to the runs, no day is lost or older than it was, and in the end all are as Facebook has them', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const played = await open(drawn)
      const { world, oracle } = played
      try {
        for (const each of drawn.steps) {
          await play(played, each)
          await oracle.check(world)
        }
        const later: Edit = { kind: 'pass', account: 0, which: 0, back: 0, ms: 5 * hour }
        // The first may end a scan of before.
        expect((await play(played, calm))?.errors).toEqual([])
        expect((await play(played, { ...calm, edits: [later] }))?.errors).toEqual([])
        await oracle.check(world)
        expect((await play(played, { ...calm, kind: 'full', edits: [later] }))?.errors).toEqual([])
        await oracle.check(world)
      } finally {
        vi.unstubAllGlobals()
        vi.restoreAllMocks()
        await played.vendor[Symbol.asyncDispose]()
        await world.close()
      }
    }),
    { numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 5), interruptAfterTimeLimit: 270_000 },
  )
}, 600_000)
