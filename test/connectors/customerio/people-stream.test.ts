import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Json, JsonObject } from 'millrace'
import { change } from './open-customerio.ts'
import { openSource, pathsOf, rowsOf, type OpenedSource } from './open-source.ts'

let vendor: OpenedSource
beforeAll(async () => {
  vendor = await openSource()
  // Through the Track API, as anybody does.
  await vendor.person.write(
    [
      change('t1', {
        email: 't1@x.example',
        unsubscribed: true,
        plan: 'pro, "gold"',
        'cio_subscription_preferences.topics.topic_3': false,
      }),
      change('t2', { note: 'two\nlines – 名 😀', seats: 12, nested: { a: [1] }, created_at: 1_700_000_000 }),
    ],
    vendor.writeContext(),
  )
  await vendor.person.write(
    [change('only@x.example', { unsubscribed: 'yes'.length > 3 }, { match: 'email' })],
    vendor.writeContext('email'),
  )
})
afterAll(() => vendor[Symbol.asyncDispose]())
beforeEach(() => vendor.fresh())

const byId = (rows: readonly JsonObject[], id: string | null) => rows.find((row) => row['id'] === id)

describe('people', () => {
  it('are everybody whom Customer.io knows, by one export', async () => {
    const rows = await vendor.rows('people')
    const held = await vendor.sandbox.show('customerio', 'person')
    expect(rows.map(({ cio_id }) => String(cio_id)).sort()).toEqual(held.map(({ cio_id }) => String(cio_id)).sort())
    expect(pathsOf(await vendor.fresh())).toEqual([
      'POST /v1/customers',
      'POST /v1/customers/attributes',
      'POST /v1/exports/customers',
      'GET /v1/exports/1',
      'GET /v1/exports/1',
      'GET /v1/exports/1/download',
      'GET /files/exports/1.csv',
    ])
  })

  it('have their own columns, and every attribute as the text that it is in the file', async () => {
    const rows = await vendor.rows('people')
    expect(byId(rows, 't1')).toMatchObject({
      email: 't1@x.example',
      created_at: null,
      unsubscribed: true,
      cio_subscription_preferences: { topics: { topic_3: false } },
      attributes: { plan: 'pro, "gold"' },
    })
    expect(byId(rows, 't2')).toEqual({
      cio_id: expect.stringMatching(/^a3/),
      id: 't2',
      email: null,
      created_at: 1_700_000_000,
      unsubscribed: false,
      cio_subscription_preferences: null,
      attributes: { note: 'two\nlines – 名 😀', seats: '12', nested: '{"a":[1]}' },
    })
    expect(byId(rows, null)).toMatchObject({ email: 'only@x.example', unsubscribed: false })
  })

  it('have the attributes that the sync names, and no others are looked for', async () => {
    const rows = await vendor.rows('people', { options: { attributes: ['seats', 'nobody_has_it'] } })
    expect(byId(rows, 't1')).toMatchObject({ attributes: {} })
    expect(byId(rows, 't2')).toMatchObject({ attributes: { seats: '12' } })
    expect(pathsOf(await vendor.fresh())[0]).toBe('POST /v1/exports/customers')
  })

  it('are asked for no attributes where the sync leaves those out', async () => {
    await vendor.rows('people', { fields: ['cio_id', 'email'] })
    const [first] = await vendor.fresh()
    expect(JSON.parse(first?.body ?? '').attributes).toEqual([
      'cio_id',
      'id',
      'email',
      'created_at',
      'unsubscribed',
      'cio_subscription_preferences',
    ])
  })

  it('who were deleted are in the next pass no more', async () => {
    await vendor.person.write([change('t9', { plan: 'x' })], vendor.writeContext())
    expect(byId(await vendor.rows('people'), 't9')).toBeDefined()
    await vendor.person.write([change('t9', {}, { op: 'delete' })], vendor.writeContext())
    expect(byId(await vendor.rows('people'), 't9')).toBeUndefined()
  })

  it('are waited for, as long as their export is pending', async () => {
    await vendor.sandbox.setFault('customerio', 'export_pending', { polls: 4 })
    expect(await vendor.rows('people', { limit: 3 })).toHaveLength(3)
    expect(pathsOf(await vendor.fresh()).filter((path) => /^GET \/v1\/exports\/\d+$/.test(path))).toHaveLength(5)
  })
})

describe('an export', () => {
  const exportsOf = async () => pathsOf(await vendor.fresh()).filter((path) => path === 'POST /v1/exports/customers')

  it('is gone on with from its first checkpoint: none is made anew', async () => {
    const [first] = await vendor.read('people')
    if (first?.item.kind !== 'checkpoint') throw new Error('no checkpoint before the wait')
    expect(first.item.resume).toMatchObject({ phase: 'export', rows: 0 })
    const whole = await vendor.rows('people')
    await vendor.fresh()
    const [id] = [first.item.resume].flatMap((at) => (typeof at === 'object' && at && 'id' in at ? [at.id] : []))
    expect(await vendor.rows('people', { resume: first.item.resume })).toEqual(whole)
    expect(pathsOf(await vendor.fresh())).toEqual([
      `GET /v1/exports/${id}`,
      `GET /v1/exports/${id}/download`,
      `GET /files/exports/${id}.csv`,
    ])
  })

  it('is gone on with in the middle of its file, and its rows are as old as it is', async () => {
    const all = await vendor.read('people')
    const rows = all.flatMap((each) => each.rows)
    const [file] = all.flatMap(({ item }) => (item.kind === 'file' ? [item] : []))
    const resume = all.flatMap(({ item }) => (item.kind === 'checkpoint' ? [item.resume] : [])).at(0)
    if (typeof resume !== 'object' || resume === null || Array.isArray(resume)) throw new Error('no checkpoint')
    const rest = await vendor.read('people', { resume: { ...resume, rows: 3 } })
    expect(rest.flatMap((each) => each.rows)).toEqual(rows.slice(3))
    const [again] = rest.flatMap(({ item }) => (item.kind === 'file' ? [item] : []))
    expect(again?.readAt).toEqual(file?.readAt)
    expect(await vendor.rows('people', { resume: { ...resume, rows: rows.length } })).toEqual([])
  })

  it.each([
    ['is not known any more', 'export_gone', {}],
    ['failed', 'export_fails', {}],
  ])('of an earlier run that %s is made anew', async (_what, fault) => {
    if (fault === 'export_fails') await vendor.sandbox.setFault('customerio', fault, {})
    const first = await vendor.read('people').catch((error: unknown) => error)
    const started_at = new Date().toISOString()
    const id = (await vendor.sandbox.show('customerio', 'exports')).length
    if (fault === 'export_gone') await vendor.sandbox.setFault('customerio', fault, {})
    else expect(first).toMatchObject({ code: 'MR-3003', message: expect.stringContaining(`export ${id}`) })
    await vendor.fresh()
    const rows = await vendor.rows('people', { resume: { phase: 'export', id, started_at, rows: 2 } })
    expect(rows).toHaveLength((await vendor.sandbox.show('customerio', 'person')).length)
    expect(await exportsOf()).toHaveLength(1)
  })

  it('of yesterday tells of people as they were: it is made anew', async () => {
    await vendor.rows('people', { resume: { phase: 'export', id: 1, started_at: '2020-01-01T00:00:00.000Z', rows: 2 } })
    expect(await exportsOf()).toHaveLength(1)
  })

  it('whose link has expired is fetched by another link', async () => {
    await vendor.sandbox.setFault('customerio', 'expired_link', { times: 2 })
    expect((await vendor.rows('people')).length).toBeGreaterThan(5)
    expect(pathsOf(await vendor.fresh()).filter((path) => path.endsWith('/download'))).toHaveLength(3)
  })

  it.each([
    ['without its last rows', {}, /has \d+ rows, Customer.io says \d+/],
    ['in the middle of a row', { within: true }, /cells under|ends within|rows, Customer/],
  ])('whose file was cut %s ends the pass, so that nobody is taken for deleted', async (_where, spec, message) => {
    await vendor.sandbox.setFault('customerio', 'cut_file', spec)
    await expect(vendor.read('people')).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringMatching(message),
    })
  })

  it.each<JsonObject>([{}, { within: true }])(
    'of an earlier run whose file stays cut is made anew, and one of this run ends it: %o',
    async (spec) => {
      const people = (await vendor.sandbox.show('customerio', 'person')).length
      let resume: Json = null
      const read = async () => {
        const ids = new Set<unknown>()
        for await (const item of vendor.items('people', { resume, whole: true })) {
          if (item.kind === 'checkpoint') resume = item.resume
          for (const row of rowsOf(item)) ids.add(row['cio_id'])
        }
        return ids
      }
      await vendor.sandbox.setFault('customerio', 'cut_file', { times: 'always', ...spec })
      await expect(read()).rejects.toMatchObject({ code: 'MR-3005' })
      expect(await exportsOf()).toHaveLength(1)
      await expect(read()).rejects.toMatchObject({ code: 'MR-3005' })
      expect(await exportsOf()).toHaveLength(1)
      await vendor.sandbox.setFault('customerio', 'cut_file', { times: 1, ...spec })
      expect((await read()).size).toBe(people)
      expect(await exportsOf()).toHaveLength(1)
      expect(vendor.events).toContainEqual(
        expect.objectContaining({ type: 'run.warning', message: expect.stringContaining('Another export is made.') }),
      )
    },
  )

  it('whose file was cut on its way is gone on with by the next run, if it is whole by then', async () => {
    await vendor.sandbox.setFault('customerio', 'cut_file', {})
    let resume: Json = null
    const read = async () => {
      for await (const item of vendor.items('people', { resume, whole: true }))
        if (item.kind === 'checkpoint') resume = item.resume
    }
    await expect(read()).rejects.toMatchObject({ code: 'MR-3005' })
    await vendor.fresh()
    await read()
    expect(await exportsOf()).toEqual([])
  })

  it('has its link in no checkpoint, event or error, and its file’s host gets no key', async () => {
    await vendor.sandbox.setFault('customerio', 'expired_link', { times: 3 })
    const said: unknown[] = [...vendor.events]
    const failure: unknown = await vendor.read('people').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'MR-3005', message: expect.stringContaining('3 links were refused') })
    for (let error = failure; error instanceof Error; error = error.cause)
      said.push(error.message, error.stack, { ...error })
    await vendor.sandbox.setFault('customerio', 'reset_before', { match: '/files/', times: 'always' })
    said.push(String(await vendor.read('people').catch((error: unknown) => error)))
    await vendor.sandbox.setFault('customerio', 'reset_before', null)
    said.push(
      (await vendor.read('people')).map(({ item }) => item),
      vendor.events,
    )
    const text = JSON.stringify(said)
    expect(text).toContain('the file of export')
    expect(text).not.toMatch(/signature|\/files\/|expires=/)
    const files = (await vendor.fresh()).filter(({ path }) => path.startsWith('/files/'))
    expect(files.length).toBeGreaterThan(3)
    for (const { headers } of files) expect(headers).not.toHaveProperty('authorization')
  })
})

describe('a large file', () => {
  it('comes in parts of 20,000 people, and is gone on with at each of them', async () => {
    const people = 45_000
    let link = ''
    const server = createServer((request, response) => {
      if (request.url === '/file') {
        const rows = Array.from({ length: people }, (_, n) => `p${n},a3${n},"x,""${n}"""\n`)
        return response.end(`id,cio_id,note\n${rows.join('')}`)
      }
      response.setHeader('content-type', 'application/json')
      const isLink = request.url?.endsWith('/download')
      return response.end(JSON.stringify(isLink ? { url: link } : { export: { id: 1, status: 'done', total: people } }))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    link = `${base}/file`
    try {
      await using large = await openSource({ app_base_url: base })
      const options = { attributes: ['note'] }
      const all = await large.read('people', { options })
      const files = all.flatMap(({ item, rows }) => (item.kind === 'file' ? [{ rows: item.rows, lines: rows }] : []))
      expect(files.map(({ rows }) => rows)).toEqual([20_000, 20_000, 5_000])
      expect(files.map(({ lines }) => lines.length)).toEqual([20_000, 20_000, 5_000])
      expect(files[2]?.lines.at(-1)).toMatchObject({
        id: 'p44999',
        cio_id: 'a344999',
        attributes: { note: 'x,"44999"' },
      })
      const resumes = all.flatMap(({ item }) => (item.kind === 'checkpoint' ? [item.resume] : []))
      expect(resumes).toHaveLength(4)
      const rest = await large.rows('people', { options, resume: resumes[2] ?? null })
      expect(rest).toEqual(files[2]?.lines)
      expect(await large.rows('people', { options, limit: 20_001 })).toHaveLength(20_001)
    } finally {
      server.close()
    }
  })
})

describe('a connection without a key for the App API', () => {
  it('is the same account as one with it', async () => {
    await using keyless = await openSource({ app_api_key: undefined as never })
    const signal = AbortSignal.timeout(5000)
    expect(await keyless.opened.account({ signal })).toBe(await vendor.opened.account({ signal }))
  })

  it('lists its streams, and says what it lacks when one is read', async () => {
    await using keyless = await openSource({ app_api_key: undefined as never })
    expect((await keyless.opened.streamNames?.({ signal: AbortSignal.timeout(1000) }))?.length).toBe(16)
    await keyless.fresh()
    await expect(keyless.read('segments')).rejects.toMatchObject({
      code: 'MR-1202',
      message: expect.stringContaining('app_api_key'),
    })
    expect(await keyless.fresh()).toEqual([])
  })
})
