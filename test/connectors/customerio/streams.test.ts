import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from 'millrace'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import { change } from './open-customerio.ts'
import { openSource, pathsOf, type OpenedSource } from './open-source.ts'

let vendor: OpenedSource
beforeAll(async () => {
  vendor = await openSource()
})
afterAll(() => vendor[Symbol.asyncDispose]())
beforeEach(() => vendor.fresh())

const day = 86_400_000
const ago = async (ms: number) => new Date((await vendor.sandbox.now()).getTime() - ms).toISOString()
const held = (type: string) => vendor.sandbox.show('customerio', type)
const resumes = (all: Awaited<ReturnType<OpenedSource['read']>>) =>
  all.flatMap(({ item }) => (item.kind === 'checkpoint' ? [item.resume] : []))
/** Those that were asked for, whatever the number of their pages. */
const windowsOf = (requests: readonly JournalEntry[]) =>
  requests.flatMap(({ path }) => {
    const { searchParams } = new URL(path, 'http://x')
    const [after, before] = ['start_ts', 'end_ts'].map((name) => Number(searchParams.get(name)))
    return searchParams.has('start') ? [] : [{ after: after ?? 0, before: before ?? 0 }]
  })
/** Deliveries of all years: 42 requests, of which Customer.io takes ten a second. Nothing here changes them. */
let whole: Promise<{ readonly rows: readonly JsonObject[]; readonly windows: ReturnType<typeof windowsOf> }> | null =
  null
const allDeliveries = () =>
  (whole ??= (async () => {
    await vendor.fresh()
    const rows = await vendor.rows('deliveries')
    return { rows, windows: windowsOf(await vendor.fresh()) }
  })())
const isDraft = ({ metrics }: JsonObject) => JSON.stringify(metrics).includes('drafted')

describe('lists', () => {
  it.each([
    'segments',
    'campaigns',
    'broadcasts',
    'newsletters',
    'sender_identities',
    'snippets',
    'collections',
    'transactional_messages',
    'subscription_topics',
  ])('%s are what Customer.io has', async (name) => {
    const rows = await vendor.rows(name)
    expect(rows.length).toBeGreaterThan(0)
    expect(rows).toEqual(await held(name))
  })

  it.each(['campaign_actions', 'broadcast_actions', 'newsletter_contents'])(
    '%s are those of every parent',
    async (name) => {
      const rows = await vendor.rows(name)
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.toSorted(byId)).toEqual((await held(name)).toSorted(byId))
    },
  )

  it('bring the same whatever the start of a sync; deliveries and activities heed it', async () => {
    const streams = (await vendor.opened.streams?.({ signal: new AbortController().signal })) ?? []
    const heeding = streams.flatMap(({ name, heedsStart }) => (heedsStart === false ? [] : [name]))
    expect(heeding).toEqual(['deliveries', 'activities'])
    const late = { start: (await vendor.sandbox.now()).toISOString() }
    for (const name of ['people', 'segment_membership', 'campaigns', 'broadcast_actions'])
      expect(await vendor.rows(name, late), name).toEqual(await vendor.rows(name))
  })

  it('are whole, so that what they lack is gone; deliveries and activities show the latest only, and are not reconciled', async () => {
    const streams = (await vendor.opened.streams?.({ signal: new AbortController().signal })) ?? []
    const latest = streams.flatMap(({ name, enumerates }) => (enumerates ? [] : [{ name, enumerates }]))
    expect(latest).toEqual([
      { name: 'deliveries', enumerates: false },
      { name: 'activities', enumerates: false },
    ])
  })

  it('read ten actions a page, and go on at the page and the campaign where they were', async () => {
    const all = await vendor.read('campaign_actions')
    expect(resumes(all)).toEqual([
      { phase: 'children', parent: 1, start: expect.any(String) },
      { phase: 'children', parent: 1, start: null },
      { phase: 'children', parent: 2, start: null },
    ])
    await vendor.fresh()
    expect(await vendor.rows('campaign_actions', { resume: resumes(all)[1] })).toHaveLength(1)
    expect(pathsOf(await vendor.fresh())).toEqual(['GET /v1/campaigns', 'GET /v1/campaigns/2/actions'])
  })

  it('begin a page’s list again where its token is not known any more', async () => {
    const all = await vendor.read('campaign_actions')
    await vendor.sandbox.setFault('customerio', 'lost_tokens', {})
    expect(await vendor.rows('campaign_actions', { resume: resumes(all)[0] })).toHaveLength(13)
  })

  it('end where the vendor does not take its own token', async () => {
    await vendor.sandbox.setFault('customerio', 'lost_tokens', {})
    await expect(vendor.read('campaign_actions')).rejects.toMatchObject({ code: 'MR-3004' })
  })

  it('leave out what was deleted between its parent’s list and its own', async () => {
    await vendor.sandbox.setFault('customerio', 'status', { status: 404, match: '/campaigns/1/actions' })
    expect((await vendor.rows('campaign_actions')).map(({ campaign_id }) => campaign_id)).toEqual([2])
  })

  it('that go on with nothing in them end the scan, which may not say that it was all', async () => {
    let page = 0
    const next = () => `page ${++page}`
    await using odd = await openAnswering(() => ({ newsletters: [], next: next() }))
    await using odder = await openAnswering(() => ({ messages: [], next: next() }))
    const failure = {
      code: 'MR-3005',
      message: expect.stringContaining('50 pages in a row are empty and say that there are more'),
    }
    const from = await ago(day)
    await Promise.all([
      expect(odd.read('newsletters', { whole: true })).rejects.toMatchObject(failure),
      expect(odder.read('deliveries', { from })).rejects.toMatchObject(failure),
    ])
  })

  it.each(['deliveries', 'activities', 'newsletters'])('%s behind empty pages are all read', async (name) => {
    const at = (await vendor.sandbox.now()).getTime() / 1000 - 100
    await using sparse = await openAnswering((path) => {
      const page = Number(new URL(path, 'http://x').searchParams.get('start') ?? 0)
      const record = { id: `${page}`, created: at - page, timestamp: at - page }
      const records = name === 'deliveries' ? 'messages' : name
      return { [records]: page % 5 === 0 ? [record] : [], next: page < 10 ? String(page + 1) : '' }
    })
    expect((await sparse.rows(name, { from: await ago(day) })).map(({ id }) => id)).toEqual(['0', '5', '10'])
  })

  it('bring no more than a limit', async () => {
    expect(await vendor.rows('campaign_actions', { limit: 11 })).toHaveLength(11)
    expect(await vendor.rows('segments', { limit: 2 })).toHaveLength(2)
    expect(await vendor.rows('deliveries', { limit: 3 })).toHaveLength(3)
    expect(await vendor.rows('activities', { limit: 23 })).toHaveLength(23)
  })

  it('stop with what the vendor says where the key has not the scope', async () => {
    await vendor.sandbox.setFault('customerio', 'missing_scope', {})
    await expect(vendor.read('segments')).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('does not have the scope'),
    })
  })
})

describe('segment membership', () => {
  it('is who belongs to which segment, and as many as Customer.io counts', async () => {
    const rows = await vendor.rows('segment_membership')
    const [stream] =
      (await vendor.opened.streams?.({ names: ['segment_membership'], signal: AbortSignal.timeout(5000) })) ?? []
    const context = vendor.host.context(AbortSignal.timeout(5000))
    expect(await stream?.count?.(await vendor.scanOf(), context)).toBe(rows.length)
    expect(rows.filter(({ segment_id }) => segment_id === 1)).toHaveLength((await held('person')).length)
    expect(rows.find(({ segment_id }) => segment_id === 3)).toEqual({
      segment_id: 3,
      cio_id: expect.stringMatching(/^a3/),
      id: 'P-000001',
      email: expect.stringContaining('@'),
    })
  })

  it('follows what the Track API does to people', async () => {
    const unsubscribed = async () =>
      (await vendor.rows('segment_membership')).filter((row) => row['segment_id'] === 2).map(({ id }) => id)
    expect(await unsubscribed()).toEqual([])
    await vendor.person.write([change('u1', { unsubscribed: true })], vendor.writeContext())
    expect(await unsubscribed()).toEqual(['u1'])
    await vendor.person.write([change('u1', {}, { op: 'delete' })], vendor.writeContext())
    expect(await unsubscribed()).toEqual([])
  })
})

describe('deliveries', () => {
  it('are those that were made, page by page, without drafts', async () => {
    const { rows } = await allDeliveries()
    expect(rows.length).toBeGreaterThan(2 * 20)
    expect(rows.toSorted(byId)).toEqual((await held('deliveries')).filter((each) => !isDraft(each)).toSorted(byId))
  })

  it.each([
    ['the usual 7 days', {}, 7],
    ['as few as the sync says', { reread_days: 2 }, 2],
    ['as many as the sync says', { reread_days: 30 }, 30],
  ])('are read again for %s before the watermark', async (_what, options, days) => {
    const watermark = (await vendor.sandbox.now()).getTime()
    // The engine takes the stream's 7 days away.
    const from = new Date(watermark - 7 * day).toISOString()
    await vendor.rows('deliveries', { from, options })
    const { searchParams } = new URL((await vendor.fresh())[0]?.path ?? '', 'http://x')
    expect(Number(searchParams.get('start_ts'))).toBe(Math.floor((watermark - days * day) / 1000) - 1)
    expect(Number(searchParams.get('end_ts'))).toBe(Math.ceil(watermark / 1000) + 1)
  })

  it('are of a window to the second, though more is asked for', async () => {
    const all = (await held('deliveries')).filter((each) => !isDraft(each))
    const [some] = all.toSorted((a, b) => Number(b['created']) - Number(a['created'])).slice(3)
    const at = Number(some?.['created'])
    const [from, to] = [at, at + 1].map((seconds) => new Date(seconds * 1000).toISOString())
    const rows = await vendor.rows('deliveries', { from: from ?? null, to: to ?? '', full: true })
    expect(rows.map(({ id }) => id)).toEqual(all.filter(({ created }) => created === at).map(({ id }) => id))
  })

  it.each([10, 500])('are those since the sync’s start, %i days ago, and none that is older', async (days) => {
    const start = await ago(days * day)
    const rows = await vendor.rows('deliveries', { start })
    const all = (await held('deliveries')).filter((each) => !isDraft(each))
    const since = all.filter(({ created }) => Number(created) * 1000 >= Date.parse(start))
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThan(all.length)
    expect(rows.toSorted(byId)).toEqual(since.toSorted(byId))
  })

  it('are those of all years, though Customer.io shows six months at most, each once', async () => {
    const now = (await vendor.sandbox.now()).getTime()
    const { rows, windows } = await allDeliveries()
    const ages = rows.map(({ created }) => (now - Number(created) * 1000) / day)
    expect([183, 365, 730].map((days) => ages.some((age) => age > days))).toEqual([true, true, true])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    // One begins where the one before it ends, less the seconds that overlap.
    for (const [index, { after }] of windows.entries())
      if (index + 1 < windows.length) expect(windows[index + 1]?.before).toBe(after + 2)
    expect(Math.max(...windows.map(({ after, before }) => before - after))).toBeLessThan(180 * 86_400)
    expect(windows.at(-1)?.after).toBeLessThan(Date.parse('2012-01-01') / 1000)
  })

  it('are read by 30 days, and by longer spans only where there are none', async () => {
    await vendor.rows('deliveries', { start: await ago(300 * day) })
    const windows = windowsOf(await vendor.fresh()).map(({ after, before }) => Math.floor((before - after) / 86_400))
    // Messages of the last 40 days, none, and those of 200 days ago.
    expect(windows).toEqual([30, 30, 30, 179, 30, 1])
  })

  it('have what was answered in a survey', async () => {
    const rows = await vendor.rows('deliveries', { from: await ago(201 * day), to: await ago(199 * day), full: true })
    expect(rows.filter(({ tracked_responses }) => tracked_responses !== undefined)).not.toEqual([])
    expect(rows.toSorted(byId)).toEqual(
      (await held('deliveries')).filter((each) => each['action_id'] === 303 && !isDraft(each)).toSorted(byId),
    )
  })

  it.each([
    ['page', 'a text', expect.any(String)],
    ['window', 'null', null],
  ])('are read on at the %s where a scan was (start: %s)', async (_what, _start, start) => {
    const since = await ago(50 * day)
    const all = await vendor.read('deliveries', { start: since })
    const kept = resumes(all).find((each) => expect.objectContaining({ start }).asymmetricMatch(each))
    expect(kept).toEqual({ phase: 'window', from: expect.any(String), to: expect.any(String), start })
    const index = all.findIndex(({ item }) => item.kind === 'checkpoint' && item.resume === kept)
    const rest = await vendor.rows('deliveries', { start: since, resume: kept })
    expect(rest).toEqual(all.slice(index).flatMap(({ rows }) => rows))
  })

  it('are read anew where the scan was begun with one list for all years, which ends after six months', async () => {
    const { rows } = await allDeliveries()
    const start = await ago(250 * day)
    expect(await vendor.rows('deliveries', { start, resume: { phase: 'list', start: 'of another list' } })).toEqual(
      rows.filter(({ created }) => Number(created) * 1000 >= Date.parse(start)),
    )
  })

  it('that come as an empty page before the last are all read', async () => {
    const start = await ago(50 * day)
    const usual = await vendor.rows('deliveries', { start })
    await vendor.fresh()
    await vendor.sandbox.setFault('customerio', 'empty_page', { after: 2, times: 1 })
    expect(await vendor.rows('deliveries', { start })).toEqual(usual)
    expect((await vendor.fresh()).filter(({ fault }) => fault === 'empty_page')).toHaveLength(1)
  })

  it('that come as the same page again and again end the scan', async () => {
    await vendor.sandbox.setFault('customerio', 'stuck_page', { times: 'always' })
    await expect(vendor.read('deliveries')).rejects.toMatchObject({ code: 'MR-3005' })
    await vendor.sandbox.setFault('customerio', 'stuck_page', null)
  })

  it('refer to people and to what sent them', async () => {
    const { rows } = await allDeliveries()
    const people = new Set((await held('person')).map(({ id }) => id))
    const [campaigns, newsletters] = await Promise.all([vendor.rows('campaigns'), vendor.rows('newsletters')])
    for (const { customer_id, campaign_id, newsletter_id, broadcast_id } of rows) {
      expect(people).toContain(customer_id)
      expect([campaign_id, newsletter_id, broadcast_id].filter((id) => id !== null)).toHaveLength(1)
      if (campaign_id !== null) expect(campaigns.map(({ id }) => id)).toContain(campaign_id)
      if (newsletter_id !== null) expect(newsletters.map(({ id }) => id)).toContain(newsletter_id)
    }
  })

  it('that are opened days later come again with their opening', async () => {
    await using later = await openSource({ page_rows: 1000 })
    await later.sandbox.move(3)
    const watermark = (await later.sandbox.now()).getTime()
    const before = await later.rows('deliveries', { start: new Date(watermark - 30 * day).toISOString() })
    await later.sandbox.move(4)
    const from = new Date(watermark - 7 * day).toISOString()
    const again = new Map((await later.rows('deliveries', { from })).map((row) => [row['id'], row]))
    const changed = before.filter((row) => {
      const now = again.get(row['id'] ?? '')
      return now !== undefined && JSON.stringify(now['metrics']) !== JSON.stringify(row['metrics'])
    })
    expect(changed.length).toBeGreaterThan(0)
    const truth = new Map((await later.sandbox.show('customerio', 'deliveries')).map((row) => [row['id'], row]))
    for (const [id, row] of again) expect(row).toEqual(truth.get(id ?? ''))
  })
})

describe.each(['deliveries', 'activities'])('%s, for masks,', (name) => {
  it('say of which of their fields the identifiers have the value', async () => {
    const stream = await vendor.stream(name)
    const rows = name === 'deliveries' ? (await allDeliveries()).rows : await vendor.rows(name)
    const within = ['customer_id', 'recipient', 'id', 'delivery_id'].filter((field) =>
      rows.some(
        (row) => row[field] && JSON.stringify(row['customer_identifiers']).includes(JSON.stringify(row[field])),
      ),
    )
    expect(within).toContain('customer_id')
    expect(stream.parts).toEqual({ customer_identifiers: within })
  })
})

describe('activities', () => {
  it('are of 30 days, each once', async () => {
    const rows = await vendor.rows('activities')
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    const since = Date.parse(await ago(30 * day))
    expect(rows.every(({ timestamp }) => Number(timestamp) * 1000 >= since)).toBe(true)
    expect(new Set(rows.map(({ type }) => type))).toContain('opened_email')
  })

  it('stay as they were, whatever comes of what they tell', async () => {
    await using other = await openSource()
    const held = await other.rows('activities')
    await other.sandbox.move(4)
    const later = new Map((await other.rows('activities')).map((row) => [row['id'], row]))
    const both = held.filter(({ id }) => later.has(id))
    expect(new Set(both.map(({ type }) => type))).toContain('delivered_email')
    for (const { id, type, timestamp, data } of both) expect(later.get(id)).toMatchObject({ type, timestamp, data })
  })

  it('are read no further than to what is known, where they come newest first', async () => {
    const from = await ago(9 * day)
    const all = await vendor.rows('activities')
    await vendor.fresh()
    const rows = await vendor.rows('activities', { from })
    const few = (await vendor.fresh()).length
    expect(rows).toEqual(all.filter(({ timestamp }) => Number(timestamp) * 1000 >= Date.parse(from)))
    expect(few).toBeLessThan(Math.ceil(all.length / 20))
  })

  it('tell of events that were sent', async () => {
    const timestamp = Math.floor((await vendor.sandbox.now()).getTime() / 1000) - 60
    const event = change(
      'e1',
      { name: 'order placed', timestamp, 'identifiers.id': 'P-000001', 'attributes.total': 7 },
      { op: 'insert', match: 'event_id' },
    )
    expect(await vendor.object('event').write([event], vendor.writeContext('event_id'))).toEqual([{ outcome: 'ok' }])
    expect((await vendor.rows('activities')).filter(({ type }) => type === 'event')).toEqual([
      expect.objectContaining({ name: 'order placed', timestamp, customer_id: 'P-000001', data: { total: 7 } }),
    ])
  })

  it('are read to the end where they come in another order', async () => {
    const pages = [
      [500, 10],
      [400, 600],
      [20, 700],
    ].map((times) => times.map((timestamp) => ({ id: `${timestamp}`, timestamp })))
    const asked: string[] = []
    await using other = await openAnswering((path) => {
      const at = Number(new URL(path, 'http://x').searchParams.get('start') ?? 0)
      asked.push(path)
      return { activities: pages[at] ?? [], next: at < 2 ? String(at + 1) : '' }
    })
    const rows = await other.rows('activities', { from: new Date(450_000).toISOString() })
    expect(rows.map(({ id }) => id)).toEqual(['500', '600', '700'])
    expect(asked).toHaveLength(3)
  })
})

describe('the App API’s ten requests a second', () => {
  it('are kept by the connection, whatever reads at once', async () => {
    await using two = await openSource({ page_rows: 6 })
    const start = await ago(50 * day)
    await Promise.all([two.rows('deliveries', { start }), two.rows('campaign_actions'), two.rows('segment_membership')])
    expect((await two.fresh()).length).toBeGreaterThan(12)
    // Two that are sent a ninth of a second apart may arrive in one moment on a busy machine.
    expect(two.events.filter(({ type }) => type === 'rate.limited').length).toBeLessThan(2)
  })

  it('that somebody else has used up are waited for', async () => {
    await vendor.sandbox.setFault('customerio', 'rate_limit', { retry_after: 1 })
    expect(await vendor.rows('segments')).toHaveLength(3)
  })
})

const byId = (a: JsonObject, b: JsonObject) => (String(a['id']) < String(b['id']) ? -1 : 1)

/** A source whose App API answers every request with this. */
async function openAnswering(answer: (path: string) => JsonObject): Promise<OpenedSource> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(request.url ?? '')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's
  // Its last answer is over before the test is: nothing keeps the process.
  server.unref()
  return openSource({ app_base_url: `http://127.0.0.1:${port}` })
}
