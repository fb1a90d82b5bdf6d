import { existsSync } from 'node:fs'
import type { Scan, ScanItem, Stream } from 'millrace'
import { afterEach, describe, expect, it } from 'vitest'
import { changeOf, openSalesforce, rowsOf, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
afterEach(() => org[Symbol.asyncDispose]())

const open = async (keys: { readonly [key: string]: unknown } = {}, scale = 0.2) =>
  (org = await openSalesforce({ scale, keys: { bulk_query_from: 1, bulk_query_page: 200, ...keys } }))

const idsOf = (items: readonly ScanItem[]) => rowsOf(items).map((row) => String(row['Id']))
const inOrder = (ids: readonly string[]) => ids.toSorted((a, b) => (a < b ? -1 : 1))
const heldIds = async (name: string) => (await org.sandbox.show('salesforce', name)).map((row) => String(row['Id']))
const asked = async (pattern: RegExp) =>
  (await org.sandbox.journal('salesforce')).filter(({ method, path }) => pattern.test(`${method} ${path}`))
const queries = async () =>
  (await asked(/^POST .*jobs\/query$/)).map(({ body }) => String((JSON.parse(String(body)) as { query: string }).query))
const counted = (stream: Stream, scan: Scan) => stream.count?.(scan, org.host.context(org.signal))

describe('a scan of many rows', () => {
  it('goes by a query job: pages as files, each row once, deleted ones too, a checkpoint after each page', async () => {
    await open()
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    const items = await org.read(stream, scan)
    const held = await heldIds('Contact')
    expect(idsOf(items)).toEqual(inOrder(held))
    expect(held.length).toBeGreaterThan(400)
    expect(items.map(({ kind }) => kind)).toEqual(
      Array.from({ length: Math.ceil(held.length / 200) }, () => ['file', 'checkpoint']).flat(),
    )
    for (const [index, item] of items.entries())
      if (item.kind === 'checkpoint') expect(item.resume).toEqual({ id: idsOf(items.slice(0, index)).at(-1), at: null })
    expect(await queries()).toEqual([expect.stringMatching(/^SELECT Id, .* FROM Contact WHERE .* ORDER BY Id$/)])
    expect(await asked(/queryAll\?q=SELECT%20Id/)).toEqual([])
    expect(await asked(/^DELETE .*jobs\/query/)).toHaveLength(1)
    expect(await counted(stream, scan)).toBe(held.length)
    expect(org.warnings()).toEqual([])
  })

  it('is told from one of few rows by the count', async () => {
    await open({ bulk_query_from: 300 })
    for (const [name, isJob] of [
      ['Contact', true],
      ['User', false],
    ] as const) {
      const stream = await org.stream(name)
      const items = await org.read(stream, await org.scanOf(stream))
      expect(items.some(({ kind }) => kind === 'file')).toBe(isJob)
      expect(new Set(idsOf(items))).toEqual(new Set(await heldIds(name)))
    }
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    const before = (await asked(/COUNT/)).length
    await counted(stream, scan)
    await org.read(stream, scan)
    // Who has counted already is not asked again.
    expect((await asked(/COUNT/)).length).toBe(before + 1)
    const limited = await org.read(stream, { ...scan, limit: 450 })
    expect(limited.every(({ kind }) => kind !== 'file')).toBe(true)
  })

  it('never goes by one where the connection says never', async () => {
    await open({ bulk_query_from: 'never' })
    const stream = await org.stream('Contact')
    expect(stream.order).toBe('cursor')
    const items = await org.read(stream, await org.scanOf(stream))
    expect(new Set(idsOf(items))).toEqual(new Set(await heldIds('Contact')))
    expect(await asked(/jobs/)).toEqual([])
  })

  it('reads what changed in its window only', async () => {
    await open()
    const object = await org.object('Account')
    const accounts = (await org.sandbox.show('salesforce', 'Account'))
      .filter((row) => row['IsDeleted'] === false)
      .slice(0, 250)
    await org.write(
      object,
      'Id',
      accounts.map((row) => changeOf('update', String(row['Id']), { Id: String(row['Id']), Sic: 'new' })),
    )
    const now = await org.sandbox.now()
    const stream = await org.stream('Account')
    const inside = await org.scanOf(stream, { from: now.toISOString(), full: false })
    expect(idsOf(await org.read(stream, inside))).toEqual(inOrder(accounts.map((row) => String(row['Id']))))
    expect(await counted(stream, inside)).toBe(accounts.length)
    const before = await org.scanOf(stream, { to: now.toISOString(), where: "Name != 'x'", start: '2020-01-01' })
    expect(new Set(idsOf(await org.read(stream, before)))).toEqual(
      new Set((await heldIds('Account')).filter((id) => !accounts.some((row) => row['Id'] === id))),
    )
  })

  it('is as new as its job, however late its pages come', async () => {
    await open()
    const stream = await org.stream('Contact')
    const began = Date.now()
    await org.sandbox.setFault('salesforce', 'delay', { ms: 400, match: 'results', times: 1 })
    const items = await org.read(stream, await org.scanOf(stream))
    for (const item of items)
      if (item.kind === 'file') {
        expect(item.readAt.getTime()).toBeGreaterThanOrEqual(began)
        expect(item.readAt.getTime()).toBeLessThan(began + 350)
      }
  })

  it('goes on after its last checkpoint by a job of its own, and needs no locator that has died', async () => {
    await open()
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    const whole = idsOf(await org.read(stream, scan))
    const items: ScanItem[] = []
    for await (const item of stream.read(scan, org.host.context(org.signal))) {
      items.push(item)
      if (items.filter(({ kind }) => kind === 'checkpoint').length === 2) break
    }
    const last = items.at(-1)
    const rest = await org.read(stream, { ...scan, resume: last?.kind === 'checkpoint' ? last.resume : null })
    expect([...idsOf(items), ...idsOf(rest)]).toEqual(whole)
    expect((await queries()).at(-1)).toContain(`Id > '${whole[399]}'`)
  })

  it('goes on by Id from where REST stopped by stamp, and back again by REST where few are left', async () => {
    await open({ page_size: 200 })
    const rest = await openSalesforce({ scale: 0.2, keys: { bulk_query_from: 'never', page_size: 200 } })
    const restStream = await rest.stream('Contact')
    const scan = await rest.scanOf(restStream)
    const [first, checkpoint] = await rest.read(restStream, scan)
    await rest[Symbol.asyncDispose]()
    if (first?.kind !== 'lines' || checkpoint?.kind !== 'checkpoint') throw new TypeError('no page')

    const stream = await org.stream('Contact')
    const resumed = { ...scan, resume: checkpoint.resume }
    const others = await org.read(stream, resumed)
    expect(others.some(({ kind }) => kind === 'file')).toBe(true)
    expect(inOrder([...idsOf([first]), ...idsOf(others)])).toEqual(inOrder(await heldIds('Contact')))

    const half = others.findIndex(({ kind }) => kind === 'checkpoint')
    const halfway = others[half]
    await org[Symbol.asyncDispose]()
    await open({ bulk_query_from: 100_000, page_size: 200 })
    const last = await org.read(await org.stream('Contact'), {
      ...scan,
      resume: halfway?.kind === 'checkpoint' ? halfway.resume : null,
    })
    expect(last.every(({ kind }) => kind !== 'file')).toBe(true)
    expect(inOrder([...idsOf([first]), ...idsOf(others.slice(0, half)), ...idsOf(last)])).toEqual(
      inOrder(await heldIds('Contact')),
    )
  })
})

describe('where a query job cannot', () => {
  it.each([
    ['TaskStatus', null, /TaskStatus: it goes by REST.*not supported by the Bulk API/],
    ['Contact', 'no_bulk', /Contact: it goes by REST.*Async API not enabled/],
    ['Contact', 'query_job_limit', /Contact: it goes by REST.*limit of 10000 query jobs/],
  ] as const)('%s goes by REST and says so: %s', async (name, fault, words) => {
    await open()
    if (fault) await org.sandbox.setFault('salesforce', fault, { times: 'always' })
    const stream = await org.stream(name)
    const items = await org.read(stream, await org.scanOf(stream))
    expect(items.every(({ kind }) => kind !== 'file')).toBe(true)
    expect(new Set(idsOf(items))).toEqual(new Set(await heldIds(name)))
    expect(org.warnings()).toEqual([expect.stringMatching(words)])
  })

  it('is begun once more where it fails or is aborted, and without its order where it took too long', async () => {
    for (const [fault, spec, isOrdered] of [
      ['bulk_query_aborted', { times: 1 }, true],
      ['bulk_query_fails', { times: 1, message: 'InternalServerError : something' }, true],
      ['bulk_query_fails', { times: 1, message: 'InvalidBatch : Failed to process query: QUERY_TIMEOUT' }, false],
    ] as const) {
      await open()
      await org.sandbox.setFault('salesforce', fault, spec)
      const stream = await org.stream('Contact')
      const items = await org.read(stream, await org.scanOf(stream))
      expect(inOrder(idsOf(items))).toEqual(inOrder(await heldIds('Contact')))
      const [, again = ''] = await queries()
      expect(again.endsWith('ORDER BY Id')).toBe(isOrdered)
      // Without an order no row says how far the scan is.
      expect(items.some(({ kind }) => kind === 'checkpoint')).toBe(isOrdered)
      expect(org.warnings()).toEqual([expect.stringContaining('another one is begun')])
      await org[Symbol.asyncDispose]()
    }
    await open()
  })

  it('leaves the rest to REST where it fails again, after the rows that came', async () => {
    await open()
    await org.sandbox.setFault('salesforce', 'bulk_results_expire', { times: 'always', match: 'locator' })
    await org.sandbox.setFault('salesforce', 'bulk_query_fails', { times: 'always', after: 1 })
    const stream = await org.stream('Contact')
    const items = await org.read(stream, await org.scanOf(stream))
    expect(items.filter(({ kind }) => kind === 'file')).toHaveLength(1)
    expect(inOrder(idsOf(items))).toEqual(inOrder(await heldIds('Contact')))
    expect(org.warnings()).toEqual([
      expect.stringMatching(/results of job \w+ are no more there.*another one is begun/),
      expect.stringMatching(/goes by REST.*is Failed: InternalServerError/),
    ])
  })

  it('begins another job after the last row where results expire on the way', async () => {
    await open()
    await org.sandbox.setFault('salesforce', 'bulk_results_expire', { times: 1, match: 'locator' })
    const stream = await org.stream('Contact')
    const items = await org.read(stream, await org.scanOf(stream))
    expect(idsOf(items)).toEqual(inOrder(await heldIds('Contact')))
    expect(await queries()).toHaveLength(2)
  })

  it('aborts a job that takes longer than the run waits', async () => {
    await open({ bulk_wait_seconds: 1 })
    await org.sandbox.setFault('salesforce', 'bulk_query_in_progress', { times: 'always' })
    const stream = await org.stream('Contact')
    await expect(org.read(stream, await org.scanOf(stream))).rejects.toMatchObject({
      code: 'MR-3007',
      retry: 'later',
      message: expect.stringContaining('not over after 1 s'),
    })
    expect((await asked(/^PATCH .*jobs\/query/)).map(({ body }) => body)).toEqual(['{"state":"Aborted"}'])
  })

  it('counts and reads by a job what is too long for a URL', async () => {
    await open({ bulk_query_from: 20_000 })
    const stream = await org.stream('Contact')
    const names = Array.from({ length: 2000 }, (_, n) => `'name ${n}'`).join(',')
    const scan = await org.scanOf(stream, { where: `NOT LastName IN (${names})` })
    const held = await heldIds('Contact')
    expect(await counted(stream, scan)).toBe(held.length)
    expect(idsOf(await org.read(stream, scan))).toEqual(inOrder(held))
    expect(await queries()).toHaveLength(2)
  })

  it('takes over where a request is too little time', async () => {
    await open({ bulk_query_from: 20_000 })
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    await counted(stream, scan)
    await org.sandbox.setFault('salesforce', 'status', {
      status: 400,
      body: '[{"errorCode":"OPERATION_TOO_LARGE","message":"exceeded 100000 distinct ids"}]',
      match: 'ORDER',
      times: 1,
    })
    expect(idsOf(await org.read(stream, scan))).toEqual(inOrder(await heldIds('Contact')))
    expect(org.warnings()).toEqual([expect.stringContaining('the rest goes by a query job')])
  })
})

describe('a page of results', () => {
  it.each([
    ['half_results', { times: 1 }],
    ['reset_after', { times: 1, match: 'results' }],
    ['cut_json', { times: 1, match: 'results' }],
    ['bad_utf8', { times: 1, match: 'results' }],
    ['html', { times: 1, match: 'results' }],
    ['truncated_gzip', { times: 1, match: 'results' }],
    ['wrong_length', { times: 1, match: 'results' }],
    ['status', { times: 1, match: 'results', status: 503 }],
    ['expire_tokens', { times: 1, match: 'results' }],
  ] as const)('is asked for again after %s, and what came of it is thrown away', async (fault, spec) => {
    await open()
    const stream = await org.stream('Contact')
    await org.sandbox.setFault('salesforce', fault, spec)
    const items = await org.read(stream, await org.scanOf(stream))
    expect(idsOf(items)).toEqual(inOrder(await heldIds('Contact')))
    const files = items.flatMap((item) => (item.kind === 'file' ? [item.path] : []))
    expect(files.every((path) => existsSync(path))).toBe(true)
    expect(await asked(/results/)).toHaveLength(files.length + (fault === 'wrong_length' ? 1 : 1))
  })

  it('that comes twice ends the run, and the next goes on at the checkpoint', async () => {
    await open()
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    await org.sandbox.setFault('salesforce', 'repeat_page', { times: 1, match: 'locator' })
    const items: ScanItem[] = []
    const reading = async () => {
      for await (const item of stream.read(scan, org.host.context(org.signal))) items.push(item)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'MR-3005', message: expect.stringContaining('twice') })
    const last = items.findLast(({ kind }) => kind === 'checkpoint')
    const rest = await org.read(stream, { ...scan, resume: last?.kind === 'checkpoint' ? last.resume : null })
    expect([...idsOf(items), ...idsOf(rest)]).toEqual(inOrder(await heldIds('Contact')))
  })

  it('that is left out is missed, and its part of the scan is read again by the next run', async () => {
    await open()
    const stream = await org.stream('Contact')
    const scan = await org.scanOf(stream)
    await org.sandbox.setFault('salesforce', 'skip_page', { times: 1 })
    const items: ScanItem[] = []
    const reading = async () => {
      for await (const item of stream.read(scan, org.host.context(org.signal))) items.push(item)
    }
    const held = await heldIds('Contact')
    await expect(reading()).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringContaining(`has ${held.length} rows, and its pages brought ${held.length - 200}`),
    })
    const last = items.findLast(({ kind }) => kind === 'checkpoint')
    // They come again, and are not counted twice.
    expect(last).toMatchObject({ again: held.length - 200 })
    const rest = await org.read(stream, { ...scan, resume: last?.kind === 'checkpoint' ? last.resume : null })
    expect(idsOf(rest)).toEqual(inOrder(held))
  })

  it('that inflates without end, or never ends a row, is given up before it fills memory', async () => {
    await open()
    const stream = await org.stream('Contact')
    await org.sandbox.setFault('salesforce', 'inflate', { times: 'always', match: 'results' })
    await expect(org.read(stream, await org.scanOf(stream))).rejects.toMatchObject({ code: 'MR-3005' })
    expect(process.memoryUsage().rss).toBeLessThan(1_500_000_000)
  }, 60_000)
})
