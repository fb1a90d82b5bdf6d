/** A connector of the project's own that does not wait for what it asks: nobody may believe what it says then. */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openDeclared } from '../../src/connector/declared.ts'
import type { Context } from '../../src/connector/context.ts'
import type { OpenedConnector, Scan, StreamDefinition } from '../../src/connector/contract.ts'
import type { DestinationObject, WriteContext } from '../../src/connector/destination.ts'
import { object, stream } from '../../src/connector/define.ts'
import { ownConnector } from '../../src/connector/own-connector.ts'
import { redactedConnector } from '../../src/connector/redacted-connector.ts'
import { uncaughtError } from '../../src/connector/uncaught-error.ts'
import { z } from 'zod'
import type { Change, WriteResult } from '../../src/model/change.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import { dyingWarehouse, intents, makeWorld, rows, run, runUntilKilled, type World } from '../reverse-etl/world.ts'
import { never, sendJson, startVendor, type FakeVendor } from './fake-vendor.ts'

const owner = { name: 'shop', folder: fileURLToPath(new URL('.', import.meta.url)) }
const docs = 'https://shop.example/docs'

type Parts = {
  readonly read?: StreamDefinition['read']
  /** Of a second stream. */
  readonly readOthers?: StreamDefinition['read']
  readonly object?: Partial<DestinationObject>
  readonly ratePerSecond?: number
  /** With `open`, beside a client of its own: what it is asked with is all that it has. */
  readonly opens?: true
}

async function openShop(
  { host, url }: FakeVendor,
  { read, readOthers, object: own, ratePerSecond = 1000, opens }: Parts,
) {
  const streamOf = (reading: StreamDefinition['read']) =>
    stream({ docs, key: ['id'], order: 'none', columns: { id: 'string' }, read: reading })
  const person = { ...makeWorld().vendor.object, ...own }
  const declared = await openDeclared(
    {
      name: 'shop',
      config: z.object({}),
      http: () => ({ baseUrl: url, ratePerSecond }),
      ...(read && { streams: { rows: streamOf(read), ...(readOthers && { others: streamOf(readOthers) }) } }),
      objects: { person: object(person) },
    },
    { config: {}, host },
  )
  const shop: OpenedConnector = opens ? { ...declared, objects: async () => [person] } : declared
  // As a run opens it.
  const opened = redactedConnector(ownConnector(shop, owner), host.redactor)
  const [rows, others] = (await opened.streams?.({ signal: never })) ?? []
  const objectOf = async ({ objects }: OpenedConnector) => (await objects?.({ signal: never, names: ['person'] }))?.[0]
  /** As of a connector of ours. */
  const plain = await objectOf(redactedConnector(shop, host.redactor))
  return { rows, others, person: await objectOf(opened), plain, close: async () => await opened.close?.() }
}

/** Answers 400 after a while, as a vendor does that checks what it got. */
const slow = () => startVendor((_, response) => setTimeout(() => sendJson(response, 400, { error: 'no' }), 50))

const context = { signal: never, options: {}, match: 'id' } as unknown as WriteContext // the rest the connector brings

/** The author's own promise, so that the test sees what becomes of it. */
function forget(strays: Promise<unknown>[], request: Promise<unknown>): void {
  strays.push(request.catch((error: unknown) => error))
}

it('a write that does not await its request fails, its request is ended, and its rows keep their intents', async () => {
  await using vendor = await slow()
  const strays: Promise<unknown>[] = []
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { http, signal }) => {
        forget(strays, http.post('/people', changes, { signal }))
        return changes.map(() => ({ outcome: 'ok' }))
      },
    },
  })
  const world = makeWorld()
  Object.assign(world.vendor.object, { write: person?.write })
  world.people = [{ id: '1', name: 'Ann', opted_out: true }]
  const { ledger, error } = await run(world)
  expect(error).toMatchObject({
    code: 'MR-1401',
    message:
      'The connector shop failed at writing person: it was done before POST /people had an answer: `await` is missing',
  })
  expect(ledger).toMatchObject({ delivered: 0, unknown: 1 })
  expect(await intents(world)).toEqual(['1 upsert'])
  expect(await Promise.all(strays)).toMatchObject([{ code: 'MR-1401' }])
})

it('a request of an SDK that a write does not await is found by `host.call`', async () => {
  await using vendor = await slow()
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { signal }) => {
        forget(
          [],
          vendor.host.call({ label: 'people.batch', docs, signal }, () => sleep(50)),
        )
        return changes.map(() => ({ outcome: 'ok' }))
      },
    },
  })
  await expect(person?.write([], context)).rejects.toThrow('before people.batch had an answer')
})

it.each([
  ['settle', 'settling a job of person'],
  ['readBack', 'reading person back'],
] as const)('%s that does not await its request fails', async (member, doing) => {
  await using vendor = await slow()
  const { person } = await openShop(vendor, {
    object: {
      [member]: async (_: unknown, { http, signal }: Context) => {
        forget([], http.get('/jobs/1', { signal }))
        return []
      },
    },
  })
  const work = member === 'settle' ? person?.settle?.(1, { ...context, changes: [] }) : person?.readBack?.([], context)
  await expect(work).rejects.toThrow(`failed at ${doing}: it was done before GET /jobs/1 had an answer`)
})

/** Two pages, the second of which nobody waits for. */
const halfRead: StreamDefinition['read'] = async function* (_scan, { http, signal }) {
  yield { kind: 'records', readAt: new Date(), records: [{ id: '1' }] }
  forget([], http.get('/rows', { signal, query: { page: 2 } }))
  yield { kind: 'checkpoint', resume: 1 }
}

it('a read that is at its end before its requests are fails: its scan is not complete', async () => {
  await using vendor = await slow()
  const { rows } = await openShop(vendor, { read: halfRead })
  const kinds: string[] = []
  const reading = async () => {
    for await (const { kind } of rows?.read({ fields: ['id'] } as unknown as Scan, context) ?? []) kinds.push(kind) // no more of it is looked at
  }
  await expect(reading()).rejects.toThrow('failed at reading rows: it was done before GET /rows had an answer')
  expect(kinds).toEqual(['records', 'checkpoint'])
})

it('a read that nobody wants the rest of may leave a request, and what it ends itself is over', async () => {
  await using vendor = await slow()
  const { rows } = await openShop(vendor, { read: halfRead })
  for await (const { kind } of rows?.read({ fields: ['id'] } as unknown as Scan, context) ?? [])
    if (kind === 'checkpoint') break
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { http }) => {
        const ahead = new AbortController()
        forget([], http.get('/ahead', { signal: ahead.signal }))
        ahead.abort()
        return changes.map(() => ({ outcome: 'ok' }))
      },
    },
  })
  expect(await person?.write([], context)).toEqual([])
})

/** A write that answers at once, and sends when `late` is there: it reads a template, or signs. */
const answersFirst = (late: Promise<unknown>, strays: Promise<unknown>[]): Partial<DestinationObject> => ({
  write: async (changes, { http, signal }) => {
    const send = async () => {
      await late
      await http.post('/people', changes, { signal })
    }
    forget(strays, send())
    return changes.map(() => ({ outcome: 'ok' }))
  },
})

it.each([
  ['before its answer is committed', 'batch.answered'],
  ['when its answer is committed', 'acknowledged'],
])('a write that begins its request behind its answer is taken back, %s', async (_, moment) => {
  await using vendor = await slow()
  const { world, emit, refused, mend } = await believingWorld(vendor, moment)
  const { ledger, error } = await run(world, { context: { emit } })
  expect(error).toMatchObject({
    code: 'MR-1401',
    message:
      'The connector shop failed at writing person: it asked for POST /people when it was done: `await` is missing',
  })
  expect(ledger).toMatchObject({ delivered: 0, unknown: 1 })
  expect(await intents(world)).toEqual(['1 upsert'])
  expect(await delivered(world)).toEqual([])
  expect(await refused()).toEqual([error])
  expect(vendor.seen()).toBe(0)
  mend()
  expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
})

/** Runs of which the changes say so. */
const delivered = async (world: World) =>
  (
    await rows(world, `SELECT run_id FROM _millrace.changes WHERE sync = '${world.sync.name}' AND status = 'delivered'`)
  ).map(({ run_id }) => run_id)

/** A world whose connector answers first, and whose request begins at a moment of the run. */
async function believingWorld(vendor: FakeVendor, moment: string) {
  const late = Promise.withResolvers<void>()
  const strays: Promise<unknown>[] = []
  const { person } = await openShop(vendor, { object: answersFirst(late.promise, strays) })
  const world = makeWorld()
  const { write } = world.vendor.object
  Object.assign(world.vendor.object, { write: person?.write })
  world.people = [{ id: '1', name: 'Ann', opted_out: true }]
  return {
    world,
    emit: ({ type }: { readonly type: string }) => void (type === moment && late.resolve()),
    refused: () => Promise.all(strays),
    /** From here on its `await` is there. */
    mend: () => void Object.assign(world.vendor.object, { write }),
  }
}

it.each([
  ['its answers', /^acknowledge/, 'acknowledge.started'],
  ['its answers and its intent', /^(acknowledge|reopen)/, 'acknowledge.started'],
  ['its intent', /^reopen/, 'acknowledged'],
])('what was taken back is sent again where %s could not be committed', async (_, purposes, moment) => {
  await using vendor = await slow()
  const { world, emit, refused, mend } = await believingWorld(vendor, moment)
  const warehouse: Warehouse = {
    ...world.warehouse,
    async session(request, work) {
      if (!purposes.test(request.purpose)) return await world.warehouse.session(request, work)
      await refused()
      throw new MillraceError('MR-2002', { message: 'the file is held by a shell' })
    },
  }
  const { error, ledger } = await run(world, { context: { warehouse, emit } })
  expect(error).toMatchObject({ code: 'MR-1401' })
  expect(ledger).toMatchObject({ delivered: 0, unknown: 1 })
  mend()
  const second = await run(world)
  expect(second.ledger).toMatchObject({ retry: 1, delivered: 1 })
  expect(Object.fromEntries(world.vendor.records)).toHaveProperty('1')
  expect(await delivered(world)).toEqual([second.runId])
  expect(await run(world)).toMatchObject({ ledger: { unchanged: 1 }, error: undefined })
})

it('what was taken back is sent again where the run was killed before its intent was open', async () => {
  await using vendor = await slow()
  const { world, emit, mend } = await believingWorld(vendor, 'acknowledged')
  await runUntilKilled(world, (die) => ({
    context: { emit, warehouse: dyingWarehouse(world.warehouse, { purpose: 'reopen', when: 'before' }, die) },
  }))
  mend()
  expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
  expect(Object.fromEntries(world.vendor.records)).toHaveProperty('1')
})

it('a job whose answers were taken back is asked for by the next run, before anything is sent', async () => {
  await using vendor = await slow()
  const late = Promise.withResolvers<void>()
  const strays: Promise<unknown>[] = []
  const asked: unknown[] = []
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { http, signal, saveReceipt }) => {
        await saveReceipt('job-1')
        forget(
          strays,
          late.promise.then(() => http.post('/jobs/1/close', {}, { signal })),
        )
        return changes.map(() => ({ outcome: 'ok' }))
      },
      settle: async (receipt, { changes }) => {
        asked.push(receipt)
        return (changes ?? []).map(() => ({ outcome: 'ok' }))
      },
    },
  })
  const world = makeWorld()
  Object.assign(world.vendor.object, { write: person?.write, settle: person?.settle })
  world.people = [{ id: '1', name: 'Ann', opted_out: true }]
  const first = await run(world, {
    context: { emit: ({ type }) => void (type === 'acknowledged' && late.resolve()) },
  })
  expect(first).toMatchObject({ error: { code: 'MR-1401' }, ledger: { unknown: 1 } })
  expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  expect(asked).toEqual(['job-1'])
  expect(await delivered(world)).toEqual([first.runId])
})

it.each(['write', 'read'])(
  'a %s that begins a request when nobody can take back what it said fails the end of the run',
  async (member) => {
    await using vendor = await slow()
    const late = Promise.withResolvers<void>()
    const strays: Promise<unknown>[] = []
    const { rows, person, close } = await openShop(vendor, {
      object: answersFirst(late.promise, strays),
      read: async function* (_scan, { http, signal }) {
        forget(
          strays,
          late.promise.then(() => http.get('/people', { signal })),
        )
        yield { kind: 'checkpoint', resume: 1 }
      },
    })
    if (member === 'write') await person?.write([], context)
    else await Array.fromAsync(rows?.read({ fields: ['id'] } as unknown as Scan, context) ?? []) // no more of it is looked at
    late.resolve()
    const [error] = await Promise.all(strays)
    await expect(close()).rejects.toEqual(error)
    expect(error).toMatchObject({ code: 'MR-1401', message: expect.stringContaining('/people when it was done') })
    expect(uncaughtError(error, null)).toBeNull()
  },
)

it('a request that begins when the connector is closed is for whoever hears what nobody caught', async () => {
  await using vendor = await slow()
  const late = Promise.withResolvers<void>()
  const strays: Promise<unknown>[] = []
  const { person, close } = await openShop(vendor, { object: answersFirst(late.promise, strays) })
  await person?.write([], context)
  await close()
  late.resolve()
  const [error] = await Promise.all(strays)
  expect(uncaughtError(error, null)).toMatchObject({ code: 'MR-1401' })
})

it('of a write that was refused nothing more goes', async () => {
  await using vendor = await slow()
  const strays: Promise<unknown>[] = []
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { http, signal }) => {
        const sendAll = async () => {
          for (let n = 0; n < 5; n++) await http.post(`/people/${n}`, {}, { signal }).catch(() => undefined)
        }
        strays.push(sendAll())
        while (vendor.seen() === 0) await sleep(2)
        return changes.map(() => ({ outcome: 'ok' }))
      },
    },
  })
  await expect(person?.write([], context)).rejects.toThrow('before POST /people/0 had an answer')
  await Promise.all(strays)
  expect(vendor.seen()).toBe(1)
})

it('whoever waits for a request of a read that was left hears its end, and nobody else has to', async () => {
  await using vendor = await slow()
  let shared: Promise<unknown> | undefined
  const { rows } = await openShop(vendor, {
    read: async function* (_scan, { http, signal }) {
      shared = http.get('/token', { signal })
      yield { kind: 'checkpoint', resume: 1 }
    },
  })
  for await (const _ of rows?.read({ fields: ['id'] } as unknown as Scan, context) ?? []) break // no more of it is looked at
  const error = await shared?.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'MR-3004' })
  expect(uncaughtError(new Error('my words', { cause: error }), null)).toBeNull()
})

it.each(['fails', 'is left'])(
  'a look-up that two streams share is whole for the second where the first %s',
  async (how) => {
    await using vendor = await startVendor((_, response) => setTimeout(() => sendJson(response, 200, {}), 20))
    let names: Promise<void> | undefined
    const lookUp = async ({ http, signal }: Context) => {
      for (let page = 1; page <= 3; page++) await http.get('/names', { signal, query: { page } })
    }
    const { rows: first, others } = await openShop(vendor, {
      read: async function* (_scan, own) {
        names ??= lookUp(own)
        names.catch(() => undefined)
        if (how === 'fails') throw new Error('the first is broken')
        yield { kind: 'checkpoint', resume: 1 }
        await names
      },
      readOthers: async function* (_scan, own) {
        await (names ??= lookUp(own))
        yield { kind: 'checkpoint', resume: 1 }
      },
    })
    const readFirst = async () => {
      for await (const _ of first?.read({ fields: ['id'] } as unknown as Scan, context) ?? []) break // no more of it is looked at
    }
    const [left, whole] = await Promise.allSettled([
      readFirst(),
      Array.fromAsync(others?.read({ fields: ['id'] } as unknown as Scan, context) ?? []), // no more of it is looked at
    ])
    expect(left.status).toBe(how === 'fails' ? 'rejected' : 'fulfilled')
    expect(whole).toMatchObject({ status: 'fulfilled', value: [{ kind: 'checkpoint' }] })
  },
)

it('what a read that was left still asks for ends with the run, and is no news', async () => {
  await using vendor = await startVendor(() => undefined)
  let ahead: Promise<unknown> | undefined
  const { rows: stream } = await openShop(vendor, {
    read: async function* (_scan, { http, signal }) {
      ahead = http.get('/rows', { signal }).catch((error: unknown) => error)
      yield { kind: 'checkpoint', resume: 1 }
    },
  })
  for await (const _ of stream?.read({ fields: ['id'] } as unknown as Scan, context) ?? []) break // no more of it is looked at
  while (vendor.seen() === 0) await sleep(2)
  await vendor.host.close()
  const error = await ahead
  expect(error).toMatchObject({ code: 'MR-7001' })
  expect(uncaughtError(error, null)).toBeNull()
})

it('a write that throws leaves no requests that go on beside the halves of it', async () => {
  const posts: string[] = []
  await using vendor = await startVendor((request, response) => {
    const id = String(request.url).split('/').at(-1) ?? ''
    posts.push(id)
    sendJson(response, id === '0' ? 400 : 200, {})
  })
  const { person } = await openShop(vendor, {
    ratePerSecond: 10,
    object: {
      write: (changes, { http, signal }) => Promise.all(changes.map((change) => post(change, { http, signal }))),
    },
  })
  const world = makeWorld({ sync: { mode: 'insert' } })
  Object.assign(world.vendor.object, { write: person?.write, batch: { rows: 8, bytes: 1 << 20 } })
  world.people = Array.from({ length: 8 }, (_, id) => ({ id: String(id), name: 'x', opted_out: false }))
  expect((await run(world)).ledger).toMatchObject({ delivered: 7, rejected: 1 })
  // What was under way when the first was refused goes twice; what waited for the rate, once.
  const again = posts.filter((id, index) => id !== '0' && posts.indexOf(id) !== index)
  expect(again.length).toBeLessThan(6)
})

it('a write that waits for a request of one that throws hears of its end, and not of a stop', async () => {
  await using vendor = await startVendor(() => undefined)
  let shared: Promise<unknown> | undefined
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { http, signal }) => {
        if (shared) await shared
        shared = http.get('/names', { signal })
        while (vendor.seen() === 0) await sleep(2)
        throw new Error('broken')
      },
    },
  })
  const [first, second] = await Promise.allSettled([person?.write([], context), person?.write([], context)])
  expect(first).toMatchObject({ reason: { message: expect.stringContaining('broken') } })
  expect(second).toMatchObject({
    reason: { code: 'MR-1401', message: 'GET /names was asked for by work that has failed, and ended with it.' },
  })
  expect(uncaughtError(await shared?.catch((error: unknown) => error), null)).toBeNull()
})

/** Asks for one thing, in one of the ways that there are. */
type Send = (own: Context, id: string, vendor: FakeVendor) => Promise<unknown>

const sendDirectly: Send = ({ http, signal }, id) => http.post(`/people/${id}`, {}, { signal })

it.each<[string, Send]>([
  ['with their own signals', sendDirectly],
  [
    'with a bound of their own',
    ({ http, signal }, id) =>
      http.post(`/people/${id}`, {}, { signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]) }),
  ],
  ['by a client from `open`', ({ signal }, id, { http }) => http.post(`/people/${id}`, {}, { signal })],
  [
    'by an SDK that has a queue inside',
    ({ host, signal }, id, { http }) =>
      host.call({ label: 'people.add', docs, signal }, () =>
        sdkQueue(() => http.post(`/people/${id}`, {}, { signal })),
      ),
  ],
])('writes that share a queue of requests are well, whoever’s course they run in, %s', async (_, send) => {
  await using vendor = await startVendor((_, response) => setTimeout(() => sendJson(response, 200, {}), 20))
  const queue = queueOf(2)
  const { person } = await openShop(vendor, {
    object: {
      write: (changes, own) =>
        Promise.all(
          changes.map(({ key }) =>
            queue(async () => {
              await send(own, key, vendor)
              return { outcome: 'ok' as const }
            }),
          ),
        ),
    },
  })
  const world = makeWorld()
  Object.assign(world.vendor.object, { write: person?.write, batch: { rows: 5, bytes: 1 << 20 }, concurrency: 2 })
  world.people = Array.from({ length: 20 }, (_, id) => ({ id: String(id), name: 'x', opted_out: false }))
  const { ledger, error } = await run(world)
  expect(error).toBeUndefined()
  expect(ledger).toMatchObject({ delivered: 20 })
})

const sendByHost: Send = ({ host, signal }, id, { http }) =>
  host.call({ label: `POST /people/${id}`, docs, signal }, () => http.post(`/people/${id}`, {}, { signal: never }))

/** Ann's write waits for both of its requests; Bo's forgets its own, which waits behind the first of Ann's. */
it.each<[string, Send, Parts]>([
  ['by `http`', sendDirectly, {}],
  ['by `http` with another signal', ({ http }, id) => http.post(`/people/${id}`, {}, { signal: never }), {}],
  ['by `host`', sendByHost, {}],
  ['by `host`, of a connector that has `open`', sendByHost, { opens: true }],
])('a write that forgets a request behind a queue that it shares is taken back, %s', async (_, send, parts) => {
  const taken: (string | undefined)[] = []
  await using vendor = await startVendor(({ url = '' }, response) => {
    taken.push(url.split('/').at(-1))
    setTimeout(() => sendJson(response, url.endsWith('bo') ? 400 : 200, {}), 40)
  })
  const queue = queueOf(1)
  const { person } = await openShop(vendor, {
    ...parts,
    object: {
      write: async (changes, own) => {
        const queued = (id: string) => queue(() => send(own, id, vendor))
        if (changes[0]?.key === 'ann') {
          await queued('ann')
          await queued('ann')
        } else {
          while (taken.length === 0) await sleep(2)
          forget([], queued('bo'))
        }
        return [{ outcome: 'ok' }]
      },
    },
  })
  const world = makeWorld()
  Object.assign(world.vendor.object, { write: person?.write, batch: { rows: 1, bytes: 1 << 20 }, concurrency: 2 })
  world.people = ['ann', 'bo'].map((id) => ({ id, name: id, opted_out: true }))
  const { ledger, error } = await run(world, {
    context: { callContext: (signal) => vendor.host.context(signal) },
  })
  expect(error).toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining(
      'it asked for POST /people/bo when it was done: `await` is missing, or another call has kept',
    ),
  })
  expect(ledger).toMatchObject({ delivered: 1, unknown: 1 })
  expect(await intents(world)).toEqual(['bo upsert'])
  expect(taken).toEqual(['ann', 'ann'])
})

it.each([
  ['the signal of each is well', true],
  ['its signal is refused: what it forgot would look the same', false],
])('a client that keeps the `http` of a write, with %s', async (_, isEach) => {
  await using vendor = await startVendor((_, response) => sendJson(response, 200, {}))
  let kept: WriteContext | undefined
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, own) => {
        kept ??= own
        await kept.http.post('/people', {}, { signal: (isEach ? own : kept).signal })
        return changes.map(() => ({ outcome: 'ok' }))
      },
    },
  })
  await person?.write([], context)
  const second = expect(person?.write([], context))
  if (isEach) await second.resolves.toEqual([])
  else await second.rejects.toThrow('when it was done: `await` is missing, or another call has kept its `http`')
  expect(vendor.seen()).toBe(isEach ? 2 : 1)
})

/** The second has to hear its flaw, too: a request that it does not await is its own, whoever's signal that has. */
it.each(['a write', 'a read that was left', 'a read that was left, and its `http`'])(
  'a client that keeps the signal of %s serves the writes after it',
  async (what) => {
    await using vendor = await slow()
    let kept: AbortSignal | undefined
    let keptHttp: Context['http'] | undefined
    const { rows: first, person } = await openShop(vendor, {
      read: async function* (_scan, { http, signal }) {
        kept = signal
        if (what.endsWith('`http`')) keptHttp = http
        yield { kind: 'checkpoint', resume: 1 }
      },
      object: {
        write: async (changes, { http, signal }) => {
          const client = (kept ??= signal)
          if (changes.length === 0) return []
          const asked = (keptHttp ?? http).post('/people', {}, { signal: client }).catch(() => undefined)
          if (changes.length === 1) await asked
          return changes.map(() => ({ outcome: 'ok' }))
        },
      },
    })
    if (what === 'a write') await person?.write([], context)
    else for await (const _ of first?.read({ fields: ['id'] } as unknown as Scan, context) ?? []) break // no more of it is looked at
    const change = {} as Change // nothing of it is looked at
    expect(await person?.write([change], context)).toEqual([{ outcome: 'ok' }])
    expect(vendor.seen()).toBe(1)
    await expect(person?.write([change, change], context)).rejects.toThrow('before POST /people had an answer')
  },
)

async function post({ key }: Change, { http, signal }: Pick<Context, 'http' | 'signal'>): Promise<WriteResult> {
  await http.post(`/people/${key}`, {}, { signal })
  return { outcome: 'ok' }
}

const sdkQueue = queueOf(1)

/** So many at a time; the next begins in the course of the one that ended. */
function queueOf(most: number) {
  const waiting: (() => void)[] = []
  let active = 0
  const next = () => {
    if (active < most) waiting.shift()?.()
  }
  return <T>(work: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.push(() => {
        active++
        void work()
          .then(resolve, reject)
          .finally(() => {
            active--
            next()
          })
      })
      next()
    })
}

it.each(['of the project’s own', 'of ours'])(
  'what the engine hears of answers is seen by no connector, %s',
  async (whose) => {
    await using vendor = await startVendor(() => undefined)
    const seen = new Set<string>()
    const note = (context: object) => Object.keys(context).forEach((name) => seen.add(name))
    const { person, plain } = await openShop(vendor, {
      object: {
        write: async (changes, own) => {
          note(own)
          return changes.map(() => ({ outcome: 'unknown' }))
        },
        readBack: async (changes, own) => {
          note(own)
          return changes.map(() => undefined)
        },
      },
    })
    const { write, readBack } = (whose === 'of ours' ? plain : person) ?? {}
    const world = makeWorld()
    Object.assign(world.vendor.object, { write, readBack })
    world.people = [{ id: '1', name: 'Ann', opted_out: true }]
    expect((await run(world)).ledger).toMatchObject({ unknown: 1 })
    expect([...seen].sort()).toEqual(['host', 'http', 'match', 'options', 'saveReceipt', 'signal'])
  },
)

it.each([
  ['with its own signal', 1],
  ['with the signal that the first has', 2],
])('what another write is asking for meanwhile is its own, %s', async (how, slowest) => {
  await using vendor = await startVendor((_, response, count) =>
    setTimeout(() => sendJson(response, 200, {}), count === slowest ? 100 : 0),
  )
  let first: AbortSignal | undefined
  const { person } = await openShop(vendor, {
    object: {
      write: async (changes, { http, signal }) => {
        first ??= signal
        await http.post('/people', {}, { signal: how.endsWith('own signal') ? signal : first })
        return changes.map(() => ({ outcome: 'ok' }))
      },
    },
  })
  expect(await Promise.all([person?.write([], context), person?.write([], context)])).toEqual([[], []])
})

it('a closed client sends nothing again, and takes nothing more', async () => {
  await using vendor = await startVendor(() => undefined)
  const asked = vendor.http.get('/rows', { signal: never })
  const seen = expect(asked).rejects.toMatchObject({ code: 'MR-7001' })
  while (vendor.seen() === 0) await sleep(2)
  await vendor.host.close()
  await seen
  await expect(vendor.http.get('/rows', { signal: never })).rejects.toMatchObject({ code: 'MR-7001' })
  expect(vendor.events.filter(({ type }) => type === 'request.retried')).toEqual([])
})
