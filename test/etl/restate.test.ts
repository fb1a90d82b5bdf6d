import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { OpenedConnector, Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { codes, openWorld, type RunOptions, type World } from './world.ts'

const dayMs = 86_400_000
const dayOf = (instant: number | string) => new Date(instant).toISOString().slice(0, 10)

/** A vendor of daily reports that corrects them afterwards: `day ad` → spend. A page is a day, unless said. */
function createReports(readAt: () => Date) {
  const report = new Map<string, string>()
  const reports = {
    report,
    now: Date.parse('2026-11-20T06:00:00Z'),
    daysRead: [] as string[],
    /** It knows no earlier day. */
    oldest: '2026-10-01',
    /** Each row of a day is a page, with a checkpoint in between. */
    hasPages: false,
    onDay: (_day: string): void => undefined,
    connector: undefined as unknown as OpenedConnector, // set below
  }
  async function* read(scan: Scan): AsyncGenerator<ScanItem> {
    const last = dayOf(Date.parse(scan.to) - 1)
    const first = scan.from === null ? reports.oldest : dayOf(scan.from)
    let left = scan.limit ?? Infinity
    for (
      let day = typeof scan.resume === 'string' ? scan.resume : first;
      day <= last;
      day = dayOf(Date.parse(day) + dayMs)
    ) {
      reports.onDay(day)
      reports.daysRead.push(day)
      const records = [...report]
        .filter(([key]) => key.startsWith(day))
        .slice(0, left)
        .map(([key, spend]) => ({ day, ad: key.split(' ')[1], title: 'in clear', spend }))
      left -= records.length
      for (const [index, page] of (reports.hasPages ? records.map((record) => [record]) : [records]).entries()) {
        if (index > 0) yield { kind: 'checkpoint', resume: day, daysOpen: true }
        if (page.length > 0) yield { kind: 'records', readAt: readAt(), records: page }
      }
      if (left <= 0) return
      const next = dayOf(Date.parse(day) + dayMs)
      yield { kind: 'checkpoint', resume: next, windows: [{ from: day, to: day }] }
    }
  }
  const stream: Stream = {
    name: 'insights',
    docs: 'https://docs.example.com',
    key: ['day', 'ad'],
    columns: { day: 'date', ad: 'string', title: 'string', spend: 'decimal(38,2)' },
    order: 'none',
    boundedBy: 'day',
    reportsDays: true,
    options: z.strictObject({ window: z.int().optional() }),
    lagMs: 0,
    overlapMs: 0,
    children: [],
    read,
  }
  reports.connector = {
    check: () => Promise.resolve(),
    account: () => Promise.resolve('a'),
    now: () => Promise.resolve(new Date(reports.now)),
    streamNames: () => Promise.resolve(['insights']),
    streams: () => Promise.resolve([stream]),
  }
  return reports
}

describe('a report that the vendor corrects', () => {
  let world: World
  let reports: ReturnType<typeof createReports>
  beforeEach(() => {
    world = openWorld()
    reports = createReports(world.clock)
    for (let day = Date.parse('2026-11-01'); day < reports.now; day += dayMs)
      for (const ad of ['a', 'b']) reports.report.set(`${dayOf(day)} ${ad}`, '1.00')
  })
  afterEach(() => world.close())

  const stream = {
    name: 'insights',
    restate: { windowMs: 10 * dayMs, everyMs: dayMs },
  } as const
  const run = (options: RunOptions = {}) =>
    world.run(reports.connector, {
      streams: [stream],
      vendorNow: () => Promise.resolve(new Date(reports.now)),
      ...options,
    })
  const stored = async () =>
    new Map(
      (await world.rows('SELECT day, ad, spend FROM crm.insights ORDER BY 1, 2')).map(({ day, ad, spend }) => [
        `${day} ${ad}`,
        spend,
      ]),
    )
  const pass = (ms: number) => {
    reports.now += ms
    reports.daysRead = []
  }

  test('is read whole at first; within the hour only yesterday and today; after a day the whole window', async () => {
    await run()
    expect(reports.daysRead[0]).toBe('2026-10-01')
    pass(dayMs / 24)
    await run()
    expect(reports.daysRead).toEqual(['2026-11-19', '2026-11-20'])
    pass(dayMs)
    await run()
    expect(reports.daysRead[0]).toBe('2026-11-10')
    expect(reports.daysRead.at(-1)).toBe('2026-11-21')
    pass(dayMs / 24)
    await run()
    expect(reports.daysRead).toEqual(['2026-11-20', '2026-11-21'])
  })

  test('loses what the vendor took back, takes what it corrected, and both are written down', async () => {
    await run()
    reports.report.delete('2026-11-15 a')
    reports.report.set('2026-11-16 b', '0.75')
    reports.report.delete('2026-11-02 a')
    pass(dayMs)
    const { streams } = await run()
    expect(streams['insights']).toMatchObject({ updated: 1, replaced: 1 })
    // What lies before the window stays as it was.
    reports.report.set('2026-11-02 a', '1.00')
    expect(await stored()).toEqual(reports.report)
    const log = await world.rows('SELECT day, rows_before, rows_after, totals FROM _millrace.restatements ORDER BY day')
    expect(
      log.map(({ day, rows_before, rows_after, totals }) => [day, rows_before, rows_after, JSON.parse(totals ?? '')]),
    ).toEqual([
      ['2026-11-15', '2', '1', { spend: ['2.00', '1.00'] }],
      ['2026-11-16', '2', '2', { spend: ['2.00', '1.75'] }],
    ])
  })

  test('is written down once a day where it comes in pages, and a new day not at all', async () => {
    reports.hasPages = true
    await run({ chunkRows: 1 })
    expect(await world.rows('SELECT * FROM _millrace.restatements')).toEqual([])
    reports.report.set('2026-11-16 a', '0.75')
    pass(dayMs)
    await run({ chunkRows: 1 })
    expect(await stored()).toEqual(reports.report)
    const log = await world.rows('SELECT day, rows_before, rows_after, totals FROM _millrace.restatements ORDER BY day')
    expect(log).toMatchObject([{ day: '2026-11-16', rows_before: '2', rows_after: '2' }])
    expect(log.map(({ totals }) => JSON.parse(totals ?? ''))).toEqual([{ spend: ['2.00', '1.75'] }])
  })

  test('goes on with its window where a run died, and comes to the same end', async () => {
    await run()
    for (const key of reports.report.keys()) if (key.endsWith('a')) reports.report.delete(key)
    pass(dayMs)
    reports.onDay = (day) => {
      if (day === '2026-11-15') throw new MillraceError('MR-3003', { message: 'no' })
    }
    expect(codes(await run({ chunkRows: 1 }))).toEqual(['MR-3003'])
    reports.onDay = () => undefined
    reports.daysRead = []
    await run()
    expect(reports.daysRead[0]).toBe('2026-11-15')
    const left = [...(await stored()).keys()].filter((key) => key >= '2026-11-10' && key.endsWith('a'))
    expect(left).toEqual([])
    pass(dayMs / 24)
    // The window was read whole, though by two runs.
    await run()
    expect(reports.daysRead[0]).toBe('2026-11-20')
  })

  test('of which only so many rows were asked for loses nothing', async () => {
    await run()
    pass(dayMs)
    await run({ limit: 1 })
    expect((await stored()).size).toBe(40)
  })

  test('has no two windows', async () => {
    const outcome = run({ streams: [{ ...stream, options: { window: 28 } }] })
    await expect(outcome).rejects.toThrow(/restate: \{ window \}/)
  })

  test('has to be a report by days', async () => {
    const [insights] = (await reports.connector.streams?.({ signal: new AbortController().signal })) ?? []
    const { reportsDays: _gone, ...rest } = insights ?? {}
    const connector = { ...reports.connector, streams: () => Promise.resolve([rest as Stream]) } // without its days
    await expect(world.run(connector, { streams: [stream] })).rejects.toThrow(/no report by days/)
  })

  test('may stand beside streams that are none, where the whole sync or a glob restates', async () => {
    const [insights] = (await reports.connector.streams?.({ signal: new AbortController().signal })) ?? []
    if (!insights) expect.unreachable()
    const { reportsDays: _gone, ...rest } = insights
    const connector = {
      ...reports.connector,
      streamNames: () => Promise.resolve(['insights', 'ads']),
      streams: () => Promise.resolve([insights, { ...rest, name: 'ads' }]),
    }
    const { restate } = stream
    for (const streams of [[stream, { name: 'ads', restate }], [{ name: '*s', restate, own: ['restate'] }]])
      expect((await world.run(connector, { streams })).errors).toEqual([])
    const modes = await world.rows(
      `SELECT stream, marks->>'restated_at' IS NULL AS plain FROM _millrace.cursors ORDER BY 1`,
    )
    expect(modes).toEqual([
      { stream: 'ads', plain: 'true' },
      { stream: 'insights', plain: 'false' },
    ])
    const own = world.run(connector, { streams: [stream, { name: 'ads', restate, own: ['restate'] }] })
    await expect(own).rejects.toThrow(/ads is no report by days/)
  })

  test.each([
    [true, /No run reads these again\. They go with {2}drop table crm\.insights/],
    [false, /--full-refresh reads again what the source shows\. Other rows go with {2}drop table crm\.insights/],
  ])('says of a new mask that days which it shows no more stay in clear (--full-refresh: %s)', async (full, way) => {
    await run()
    reports.oldest = '2026-11-10'
    pass(dayMs)
    const masked = { streams: [{ ...stream, mask: { title: 'redact' } }] } as const
    const told = async () => {
      const { events } = await run({ ...masked, fullRefresh: full })
      return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
    }
    expect(await told()).toEqual([expect.stringMatching(way)])
    expect(await told()).toEqual([])
    expect(await world.rows(`SELECT max(day) AS day FROM crm.insights WHERE title <> '***'`)).toEqual([
      { day: '2026-11-09' },
    ])
  })
})
