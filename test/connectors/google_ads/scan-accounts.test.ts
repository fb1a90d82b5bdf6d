/** Whose rows a scan has read, where the accounts of the connection become others while it is under way. */
import type { Json, JsonObject, ScanItem } from 'millrace'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../../etl/world.ts'
import { openAds, rowsOf, type OpenedAds } from './open-google-ads.ts'

const login_customer_id = '900-000-0001'
const [first, second, third] = ['1110000001', '1110000002', '1110000003']
const all = [first, second, third]

let ads: OpenedAds
let world: World
beforeEach(async () => {
  ads = await openAds({ customer_ids: all, login_customer_id })
  world = openWorld()
})
afterEach(async () => {
  await world.close()
  await ads[Symbol.asyncDispose]()
})

/** Another run's, of the same vendor. */
const openAgain = (customer_ids: JsonObject['customer_ids'] = all) =>
  openAds({ customer_ids, login_customer_id, base_url: String(ads.sandbox.connection('google_ads')['base_url']) })
const close = (account: string) =>
  ads.sandbox.setFault('google_ads', 'not_enabled', { customer: account, times: 'always' })
const reopen = () => ads.sandbox.setFault('google_ads', 'not_enabled', null)

const streams = [{ name: 'campaign', mode: 'full_refresh' as const }]
const standing = () =>
  world.rows('SELECT customer_id, count(*) AS n FROM crm.campaign WHERE _deleted_at IS NULL GROUP BY 1 ORDER BY 1')
/** Stopped at this one of its checkpoints. */
const runUpTo = async (of: OpenedAds, checkpoint: number) => {
  let checkpoints = 0
  const stopped = await world.run(of.opened, { streams, isStopping: () => ++checkpoints === checkpoint })
  expect(stopped.errors).toMatchObject([{ code: 'MR-7001' }])
}
const loadAll = async () => {
  expect((await world.run(ads.opened, { streams })).errors).toEqual([])
  const before = await standing()
  expect(before.map((row) => row['customer_id'])).toEqual(all)
  return before
}

describe('a replacement takes nothing of an account', () => {
  it('that was not named when it began, and is when it is gone on with behind it', async () => {
    const before = await loadAll()
    await using two = await openAgain([second, third])
    await runUpTo(two, 1)
    expect((await world.run(ads.opened, { streams })).errors).toEqual([])
    expect(await standing()).toEqual(before)
    const said = `campaign: the account ${first} was not read when this scan began.`
    expect(ads.warnings().filter((text) => text.startsWith(said))).toHaveLength(1)
  })

  it('that was not enabled when it began, and is when it is gone on with', async () => {
    const before = await loadAll()
    await close(first)
    await using without = await openAgain()
    await runUpTo(without, 1)
    await reopen()
    await using again = await openAgain()
    expect((await world.run(again.opened, { streams })).errors).toEqual([])
    expect(await standing()).toEqual(before)
  })

  it('that alone was left to be read, and is named no longer', async () => {
    const before = await loadAll()
    await runUpTo(ads, 2)
    await using two = await openAgain([first, second])
    expect((await world.run(two.opened, { streams })).errors).toEqual([])
    expect(await standing()).toEqual(before)
  })

  it('that is named no longer, and says so once', async () => {
    const before = await loadAll()
    const said = `campaign: the account ${third} is no longer among those of the connection, and is not read.`
    await using two = await openAgain([first, second])
    for (const _run of ['the first without it', 'the next']) {
      expect((await world.run(two.opened, { streams })).errors).toEqual([])
      expect(await standing()).toEqual(before)
      expect(two.warnings().filter((text) => text.startsWith(said))).toHaveLength(1)
    }
  })
})

it('accounts that a connection names no more are told of in one warning a stream, whatever their number', async () => {
  const gone = Array.from({ length: 300 }, (_, n) => String(2_220_000_000 + n))
  await ads.read('campaign', { last: { phase: 'done', accounts: [...all, ...gone] } })
  expect(ads.warnings()).toEqual([
    'campaign: the accounts 2220000000, 2220000001, 2220000002, 2220000003, 2220000004 and 295 more are no longer among those of the connection, and are not read. What was loaded from them stays as it is.',
  ])
})

describe('the days of a report before the window, of an account that the last scan did not read,', () => {
  const from = async () => new Date((await ads.sandbox.now()).getTime() - 30 * 86_400_000).toISOString()
  const last = (...accounts: readonly string[]): Json => ({ phase: 'done', accounts })
  const said = (of: OpenedAds) => of.warnings().filter((text) => text.includes('not read by the last complete scan'))

  it('are told of once, with the first day that is read', async () => {
    const items = await ads.read('campaign_performance', { from: await from(), last: last(first, third), full: false })
    const days = rowsOf(items).flatMap((row) => (String(row['customer.id']) === second ? [row['segments.date']] : []))
    const day = (await from()).slice(0, 10)
    expect(days.map(String).sort()[0]).toBe(day)
    expect(said(ads)).toEqual([
      `campaign_performance: the account ${second} was not read by the last complete scan, and this one reads its days from ${day} on. Days before it that are missing:  millrace backfill.`,
    ])
    const resume = items.findLast((item) => item.kind === 'checkpoint')?.resume ?? null
    await ads.read('campaign_performance', { from: await from(), last: resume, full: false })
    expect(said(ads)).toHaveLength(1)
  })

  it('are not, where the account is still not enabled, where all is read, and of what is no report', async () => {
    await close(second)
    await ads.read('campaign_performance', { from: await from(), last: last(first, third), full: false })
    await reopen()
    await using again = await openAgain()
    await again.read('campaign_performance', { last: last(first, third) })
    await again.read('campaign_performance', { from: await from(), start: await from(), last: last(first, third) })
    await again.read('campaign', { from: await from(), last: last(first, third), full: false })
    expect([...said(ads), ...said(again)]).toEqual([])
  })
})

describe('a scan that is gone on with', () => {
  const resumeAt = (items: readonly ScanItem[], at: number): Json => {
    const item = items[at]
    if (item?.kind !== 'checkpoint') throw new Error('no checkpoint')
    return item.resume
  }

  it('is counted by the accounts that it reads', async () => {
    await close(second)
    const items = await ads.read('campaign')
    await reopen()
    const at = items.findLastIndex((item) => item.kind === 'checkpoint' && item !== items.at(-1))
    const resume = resumeAt(items, at)
    await using next = await openAgain()
    const rest = await next.read('campaign', { resume })
    const context = next.host.context(new AbortController().signal)
    const counted = await (await next.stream('campaign')).count?.(await next.scanOf({ resume }), context)
    expect(counted).toBe(rowsOf(items.slice(0, at)).length + rowsOf(rest).length)
  })

  it.each(['campaign', 'campaign_performance'])(
    'says of %s that it has read of nobody, where none of its accounts is left',
    async (name) => {
      await using others = await openAgain([second, third])
      const resume = resumeAt(
        (await others.read(name)).filter(({ kind }) => kind === 'checkpoint'),
        0,
      )
      expect(resume).not.toMatchObject({ phase: 'done' })
      await using one = await openAgain([first])
      expect(await one.read(name, { resume })).toEqual([
        {
          kind: 'checkpoint',
          resume: { phase: 'done', accounts: [] },
          wholeOf: { field: 'customer.id', values: [] },
          ...(name === 'campaign_performance' && { windows: [] }),
        },
      ])
    },
  )

  it('reads all accounts where an older millrace has not kept with which it began', async () => {
    const resume = { phase: 'accounts', account: second, page: null }
    const items = await ads.read('campaign', { resume })
    expect(new Set(rowsOf(items).map((row) => row['customer.id']))).toEqual(new Set([second, third]))
    expect(items.at(-1)).toMatchObject({ resume: { phase: 'done', accounts: all } })
    expect(ads.warnings()).toEqual([])
  })
})
