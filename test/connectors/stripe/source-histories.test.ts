/** Random histories of an account and of the runs that read it: in the end the warehouse holds what Stripe holds. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Json } from 'millrace'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { MillraceError, MillraceErrors } from '../../../src/model/millrace-error.ts'
import { openWorld, type RunOptions, type World } from '../../etl/world.ts'
import { kinds } from './account-kinds.ts'
import { accounts, day, openAccount, type Edit, type MadeUp } from './made-up-account.ts'

const minute = 60_000
const hour = 60 * minute

const change = fc.record({
  kind: fc.constantFrom<'put' | 'delete'>('put', 'put', 'delete'),
  account: fc.nat({ max: 2 }),
  who: fc.integer({ min: 1, max: 5 }),
  parts: fc.constantFrom(1, 0, 2, 10, 11, 13),
  isSilent: fc.boolean(),
  event: fc.nat({ max: 5 }),
  late: fc.constantFrom(0, 0, 1, 30, 59),
  wait: fc.constantFrom(0, 300, 2_000, 20_000),
})
const pass = fc.record({
  kind: fc.constant('pass' as const),
  ms: fc.constantFrom(0, 400, 1000, 30_000, minute, 61_000, 10 * minute, 22 * hour, 25 * hour, 3 * day, 8 * day),
})
const longPass = fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(28 * day, 30 * day, 50 * day) })
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 40, arbitrary: change },
  { weight: 10, arbitrary: pass },
  { weight: 1, arbitrary: longPass },
)
const wire: readonly (readonly [string, { readonly [key: string]: Json }])[] = [
  ['status', { status: 500 }],
  ['status', { status: 503 }],
  ['status', { status: 429 }],
  ['cut_json', {}],
  ['reset_before', {}],
  ['reset_after', {}],
  ['html', {}],
  ['error_200', {}],
]
const step = fc.record({
  edits: fc.array(edit, { minLength: 1, maxLength: 8, size: 'max' }),
  run: fc.constantFrom('normal', 'normal', 'normal', 'normal', 'full', 'limit', 'backfill', 'column'),
  days: fc.constantFrom<readonly [number, number]>([60, 0], [20, 0], [10, 2]),
  again: fc.boolean(),
  meanwhile: fc.array(edit, { maxLength: 4, size: 'max' }),
  end: fc.constantFrom('whole', 'whole', 'whole', 'fails', 'falters', 'aborted', 'stopped'),
  when: fc.integer({ min: 1, max: 9 }),
  fault: fc.constantFrom(...wire),
  chunkRows: fc.constantFrom(1, 4, 1000),
  hides: fc.constantFrom('nothing', 'exclude', 'mask'),
  start: fc.constantFrom<number | null>(null, null, 5),
  reconcile: fc.constantFrom(null, null, 7 * day),
  named: fc.constantFrom<'all' | readonly number[]>('all', 'all', 'all', [0, 1], [1, 2]),
  lost: fc.constantFrom<'no' | 'refuses' | 'disconnected'>('no', 'no', 'no', 'refuses', 'disconnected'),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.record({
  stream: fc.constantFrom(...Object.keys(kinds), 'events'),
  mode: fc.constantFrom('merge' as const, 'merge' as const, 'merge' as const, 'full_refresh' as const, 'scd2' as const),
  many: fc.constantFrom(false, false, true),
  /** A complete run came before. */
  isStanding: fc.boolean(),
  isReconfigured: fc.constantFrom(false, false, false, true),
  skew: fc.constantFrom(0, 0, -5 * minute, 5 * minute),
  pageRows: fc.constantFrom(2, 3, 100),
  steps: fc.array(step, { minLength: 1, maxLength: 4, size: 'max' }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

let vendor: Awaited<ReturnType<typeof openAccount>>
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 1) })
  vendor = await openAccount()
})
afterAll(async () => {
  await vendor.close()
  vi.useRealTimers()
})

type Complete = { readonly to: number; readonly at: number; readonly read: readonly string[] }
type Row = { readonly live: boolean; readonly stamp: number }

async function play({
  stream,
  mode: wanted,
  many,
  isStanding,
  isReconfigured,
  skew,
  pageRows,
  steps: given,
}: History): Promise<void> {
  const world = openWorld()
  const steps = given.map((each): Step => (isReconfigured ? each : { ...each, hides: 'nothing', start: null }))
  const made = vendor.begin(stream, skew, many)
  const mode = stream === 'events' ? null : wanted
  if (many && stream !== 'accounts') for (const account of accounts.slice(1)) made.connect(account)
  const complete: Complete[] = []
  let isHidden = false
  let needsFull = false
  const { kind } = made
  const children = stream === 'events' || !kind.parts ? [] : [kind.parts.stream]

  const optionsOf = ({ hides, start, reconcile }: Pick<Step, 'hides' | 'start' | 'reconcile'>): RunOptions => ({
    maxShrink: { fraction: 1 },
    sync: {
      verify: 'strict',
      maxShrink: { fraction: 1 },
      start: start === null || mode === 'full_refresh' ? null : new Date(made.vendorNow() - start * day).toISOString(),
    },
    streams: [
      {
        name: stream,
        mode,
        exclude: hides === 'exclude' && stream !== 'events' ? [kind.stamp] : [],
        mask: hides === 'mask' && stream !== 'events' ? { [kind.stamp]: 'sha256' } : {},
        reconcileMs:
          mode === 'merge' && !many && stripeStreams.find(({ name }) => name === stream)?.enumerates ? reconcile : null,
      },
      ...children.map((name) => ({ name })),
    ],
  })

  async function run(of: Step): Promise<void> {
    const options = optionsOf(of)
    if (of.hides !== 'nothing') isHidden = true
    if (of.hides !== 'nothing' || of.start !== null) needsFull = true
    if (made.silent.some(({ account, id, at }) => at - 7 * day > (made.alive.get(`${account}|${id}`)?.at ?? 0) * 1000))
      needsFull = true
    const named = of.named === 'all' ? accounts : of.named.map((at) => accounts[at] ?? '')
    const keys = many ? { accounts: of.named === 'all' ? 'all' : named } : {}
    const lost = many && of.lost !== 'no' && stream !== 'accounts' ? accounts[2] : null
    if (lost && of.lost === 'refuses') vendor.faults.set('account_revoked', { account: lost, times: 'always' })
    if (lost && of.lost === 'disconnected') made.disconnect(lost)
    const stop = new AbortController()
    let asked = 0
    let events = 0
    let hasFailed = false
    vendor.onRequests(() => {
      asked++
      const edit = of.meanwhile[asked - 2]
      if (edit) {
        made.apply(edit)
      }
      made.tellDue()
      world.setClock(Date.now())
    }, pageRows)
    if (of.end === 'fails' || of.end === 'falters')
      vendor.faults.set(of.fault[0], { ...of.fault[1], after: of.when, times: of.end === 'fails' ? 'always' : 1 })
    world.setClock(Date.now())
    const connector = await vendor.connector(keys)
    const bounds = { to: '' }
    try {
      const interruption: RunOptions = {
        ...options,
        chunkRows: of.chunkRows,
        signal: stop.signal,
        isStopping: () => of.end === 'stopped' && asked >= of.when,
        onEvent: (event) => {
          if (event.type === 'stream.started' && event.stream === stream) bounds.to = event.to
          if (of.end === 'aborted' && ++events === of.when * 3) stop.abort()
        },
      }
      if (of.run === 'backfill' || of.run === 'column') {
        const [from = '', to = ''] = of.days.map((days) => new Date(made.vendorNow() - days * day).toISOString())
        const column = of.run === 'column' ? kind.stamp : null
        await world.backfill(connector, { from, to, column, streams: [stream] }, { ...interruption, again: of.again })
      } else {
        const outcome = await world.run(connector, {
          ...interruption,
          fullRefresh: of.run === 'full',
          limit: of.run === 'limit' ? 3 : null,
        })
        hasFailed = outcome.errors.length > 0
        // A replacement is refused where an account is, or with a limit.
        const isRefused = mode === 'full_refresh' && (lost !== null || of.run === 'limit')
        if ((of.end === 'whole' || of.end === 'falters') && !isRefused)
          expect(
            outcome.errors.map(({ message }) => message),
            `errors of a run that ${of.end}`,
          ).toEqual([])
        if (!hasFailed && of.run !== 'limit')
          complete.push({
            to: Date.parse(bounds.to),
            at: made.vendorNow(),
            read: many ? named.filter((id) => id !== lost) : accounts,
          })
      }
    } catch (error) {
      const codes =
        error instanceof MillraceErrors
          ? error.errors.map(({ code }) => code)
          : error instanceof MillraceError
            ? [error.code]
            : []
      // A column of nothing that stands, and a range that no backfill reads.
      if (codes.some((code) => ['MR-1001', 'MR-1208', 'MR-1209'].includes(code))) return
      if (!stop.signal.aborted && of.end !== 'fails') throw error
    } finally {
      await connector.close?.()
      vendor.onRequests(() => undefined, 100)
      vendor.faults.clear()
      if (lost) made.connect(lost)
    }
  }

  const where = mode === 'scd2' ? 'is_current' : '_deleted_at IS NULL'
  const keyOf = many ? "_account || '|' || id" : `'${accounts[0]}|' || id`
  async function rows(): Promise<ReadonlyMap<string, Row>> {
    const stamp = stream === 'events' || isHidden ? "'0'" : kind.stamp
    const found = await world
      .rows(`SELECT ${keyOf} AS key, ${where} AS live, ${stamp} AS stamp FROM crm.${stream} ORDER BY ${where}`)
      .catch((error: unknown) => {
        if (String(error).includes('does not exist')) return []
        throw error
      })
    return new Map(
      found.map(({ key, live, stamp: is }) => [
        String(key),
        { live: live === 'true', stamp: Number(String(is).slice(1)) },
      ]),
    )
  }

  try {
    let before: ReadonlyMap<string, Row> = new Map()
    let standing = new Map<string, number>()
    const kept = async () => {
      const now = await rows()
      for (const [key, row] of before) {
        if (mode !== 'full_refresh') expect(now.has(key), `${key} stands`).toBe(true)
        const known = made.alive.get(key)
        if (!row.live || !known || standing.get(key) !== known.born) continue
        expect(now.get(key)?.live, `${key} was not deleted`).toBe(true)
        if (!isHidden) expect(now.get(key)?.stamp, `${key} is no older`).toBeGreaterThanOrEqual(row.stamp)
      }
      before = now
      standing = new Map([...made.alive].map(([key, { born }]) => [key, born]))
    }
    const calm: Step = {
      edits: [],
      days: [0, 0],
      again: false,
      when: 1,
      fault: ['status', {}],
      run: 'normal',
      meanwhile: [],
      end: 'whole',
      chunkRows: 1000,
      hides: 'nothing',
      start: null,
      reconcile: null,
      named: 'all',
      lost: 'no',
    }
    const close = async (kindOf: Step['run'] = 'normal') => {
      made.apply({ kind: 'pass', ms: 25 * hour })
      await run({ ...calm, run: kindOf })
      await kept()
    }
    for (let who = 1; who <= 5; who++)
      made.apply({ kind: 'put', account: who % 3, who, parts: 11, isSilent: false, event: 0, late: 0, wait: 1000 })
    if (isStanding) await close()
    for (const each of steps) {
      for (const one of each.edits) made.apply(one)
      await run(each)
      await kept()
    }
    // Two, a day apart: the first may end a scan of before, and the second takes the daily list.
    await close()
    await close()
    const isTold = ({ account, at }: { readonly account: string; readonly at: number }) =>
      complete.some((each) => each.read.includes(account) && each.to > at && each.at <= at + 29 * day)
    const untold = made.deleted.filter((each) => !isTold(each))
    const enumerates = stripeStreams.find(({ name }) => name === stream)?.enumerates === true && !many
    if (untold.length > 0 && enumerates) needsFull = true
    if (needsFull && stream !== 'events') {
      await close('full')
      await close()
    }
    await same(world, made, {
      stream,
      many,
      where,
      keyOf,
      exempt: enumerates ? [] : untold.map(({ account, id }) => `${account}|${id}`),
      isTold,
    })
    made.apply({ kind: 'pass', ms: 2 * minute })
    if (mode !== 'full_refresh') {
      world.setClock(Date.now())
      const connector = await vendor.connector(many ? { accounts: 'all' } : {})
      const idle = await world.run(connector, optionsOf({ hides: 'nothing', start: null, reconcile: null }))
      await connector.close?.()
      expect([idle.ledger.loaded, idle.errors], 'an idle run loads nothing').toEqual([0, []])
    }
  } finally {
    await world.close()
  }
}

type Same = {
  readonly stream: string
  readonly many: boolean
  readonly where: string
  readonly keyOf: string
  readonly exempt: readonly string[]
  readonly isTold: (of: { readonly account: string; readonly at: number }) => boolean
}

async function same(world: World, made: MadeUp, { stream, many, where, keyOf, exempt, isTold }: Same): Promise<void> {
  const read = many && stream !== 'accounts' ? accounts : accounts.slice(0, 1)
  if (stream === 'events') {
    const stored = new Set(
      (await world.rows(`SELECT ${keyOf} AS key FROM crm.events WHERE ${where}`)).map(({ key }) => String(key)),
    )
    const held = read.flatMap((account) =>
      [...made.storeFor(account).all('events')].map(([id, event]) => ({
        key: `${account}|${id}`,
        account,
        at: Number(event['created']) * 1000,
      })),
    )
    expect(
      [...stored].filter((key) => !held.some((each) => each.key === key)),
      'events that there never were',
    ).toEqual([])
    expect(
      held.filter((each) => isTold(each) && !stored.has(each.key)),
      'events that are missing',
    ).toEqual([])
    return
  }
  const columns = Object.entries(stripeStreams.find(({ name }) => name === stream)?.columns ?? {}).filter(
    ([name]) => !name.startsWith('_'),
  )
  const select = columns.map(([name, type]) =>
    type === 'timestamp' ? `epoch(${name})::BIGINT AS ${name}` : `"${name}"`,
  )
  const stored = await world.rows(`SELECT ${keyOf} AS key, ${select.join(', ')} FROM crm.${stream} WHERE ${where}`)
  const here = new Map(stored.map((row) => [String(row['key']), row]))
  const there = new Map([...made.alive].filter(([, { account }]) => read.includes(account)))
  expect(here.size, 'each once').toBe(stored.length)
  expect(
    [...there.keys()].filter((key) => !here.has(key)),
    'missing',
  ).toEqual([])
  // A deletion that no complete scan came to within the 29 days of its event.
  expect(
    [...here.keys()].filter(
      (key) => !there.has(key) && !exempt.includes(key) && !(stream === 'accounts' && key.includes('acct_1')),
    ),
    'too many',
  ).toEqual([])
  for (const [key, known] of there) {
    const shown = made.shown(known)
    for (const [name, type] of columns)
      expect(canon(type, here.get(key)?.[name] ?? null), `${key} ${name}`).toEqual(
        canon(type, type === 'json' ? JSON.stringify(shown[name] ?? null) : (shown[name] ?? null)),
      )
  }
  const { parts } = made.kind
  if (!parts) return
  const account = many ? '_account' : `'${accounts[0]}'`
  const items = await world.rows(
    `SELECT ${account} || '|' || ${parts.parent} || '|' || id || '|' || ${parts.column} AS key FROM crm.${parts.stream} WHERE _deleted_at IS NULL ORDER BY 1`,
  )
  const held = [...there.values()].flatMap((known) =>
    ((made.record(known)?.[parts.field] ?? []) as { readonly [field: string]: Json }[]).map(
      (part) => `${known.account}|${known.id}|${String(part['id'])}|${String(part[parts.column])}`,
    ),
  )
  expect(
    items
      .map(({ key }) => String(key))
      .sort()
      .filter((key) => !exempt.some((gone) => key.startsWith(`${gone}|`))),
  ).toEqual(held.sort())
}

function canon(type: string, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (type === 'json') return JSON.parse(String(value))
  return type.startsWith('decimal')
    ? String(value)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
    : String(value)
}

test('whatever became of an account and of the runs that read it, the warehouse holds in the end what Stripe holds', async () => {
  await fc.assert(fc.asyncProperty(history, play), {
    numRuns: Number(process.env['MILLRACE_HISTORIES'] ?? 3),
  })
}, 900_000)
