import { describe, expect, it } from 'vitest'
import type { DestinationObject, WriteContext } from '../../src/connector/destination.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { SpooledChange } from '../../src/reverse-etl/change-spool.ts'
import { emptyAnswer } from '../../src/reverse-etl/decision.ts'
import { batchChanges, writeBatch } from '../../src/reverse-etl/write-batch.ts'
import { makeVendor, type Vendor } from './vendor.ts'
import { makeWorld, run } from './world.ts'

const change = (key: string, name = 'x'): SpooledChange => ({
  key,
  change: { op: 'upsert', key, fields: { id: key, name }, previous: null, idempotencyKey: key },
  answer: { ...emptyAnswer, key },
})

const many = (rows: number) => Array.from({ length: rows }, (_, index) => change(`k${index}`))

const write = (vendor: Vendor, batch: readonly SpooledChange[]) =>
  writeBatch(batch, {
    object: vendor.object,
    // The vendor of these tests looks at nothing in it.
    context: {} as WriteContext,
    mayStillSend: () => Promise.resolve(undefined),
  })

async function cut(
  changes: readonly SpooledChange[],
  object: Partial<DestinationObject>,
  options: { readonly first?: number } = {},
): Promise<readonly string[]> {
  const found: string[] = []
  for await (const item of batchChanges(inThrees(changes), makeVendor(object).object, options))
    found.push(
      'batch' in item ? item.batch.map(({ key }) => key).join(' ') : `too large: ${item.oversized.key} ${item.bytes}`,
    )
  return found
}

async function* inThrees<T>(items: readonly T[]): AsyncIterable<readonly T[]> {
  for (let at = 0; at < items.length; at += 3) yield items.slice(at, at + 3)
}

describe('a batch', () => {
  it('holds no more rows than the object takes', async () => {
    expect(await cut(many(5), { batch: { rows: 2, bytes: 1000 } })).toEqual(['k0 k1', 'k2 k3', 'k4'])
    expect(await cut(many(4), { batch: { rows: 2, bytes: 1000 } })).toEqual(['k0 k1', 'k2 k3'])
    expect(await cut([], {})).toEqual([])
  })

  it('holds what opts somebody in by itself, after who opts out and in their order for one record', async () => {
    const optIn = (key: string): SpooledChange => {
      const plain = change(key)
      return { ...plain, change: { ...plain.change, optsIn: true } }
    }
    const mixed = [optIn('a'), change('b'), optIn('c'), change('d'), change('c'), optIn('e'), change('f')]
    expect(await cut(mixed, { batch: { rows: 3, bytes: 1000 } })).toEqual(['a c', 'b d c', 'f', 'e'])
    expect(await cut(mixed, { batch: { rows: 3, bytes: 1000 } }, { first: 1 })).toEqual(['a', 'c', 'b d c', 'f', 'e'])
    expect(await cut(mixed, { batch: { rows: 3, bytes: 1000 } }, { first: 2 })).toEqual(['b', 'a', 'c', 'd c f', 'e'])
  })

  it('holds no more bytes than the object takes, in UTF-8', async () => {
    // {"id":"a","name":"éé"} is 24 bytes.
    const wide = ['a', 'b', 'c', 'd'].map((key) => change(key, 'éé'))
    expect(await cut(wide, { batch: { rows: 100, bytes: 48 } })).toEqual(['a b', 'c d'])
    expect(await cut(wide, { batch: { rows: 100, bytes: 47 } })).toEqual(['a', 'b', 'c', 'd'])
    expect(await cut(wide, { batch: { rows: 100, bytes: 10 }, size: () => 5 })).toEqual(['a b', 'c d'])
  })

  it('leaves out a row that no request can hold', async () => {
    const changes = [change('a'), change('b', 'x'.repeat(100)), change('c')]
    expect(await cut(changes, { batch: { rows: 100, bytes: 1000, rowBytes: 100 } })).toEqual([
      'too large: b 120',
      'a c',
    ])
    expect(await cut(changes, { batch: { rows: 100, bytes: 60 } })).toEqual(['too large: b 120', 'a c'])
  })

  it('holds no record twice: the second row goes in the next request', async () => {
    expect(await cut([change('a'), change('b'), change('a', 'y'), change('c')], {})).toEqual(['a b', 'a c'])
  })

  it('holds a key twice where another field names the record, too', async () => {
    const rows = [change('a', 'x'), change('a', 'y'), change('a', 'x')]
    expect(await cut(rows, { identity: ['name'] })).toEqual(['a a', 'a'])
  })
})

describe('a request that is refused whole', () => {
  it('is halved until the bad row stands alone, and all others are taken', async () => {
    const vendor = makeVendor()
    vendor.faults.set('k5', { kind: 'refuse_request' })
    const { results, failure } = await write(vendor, many(8))
    expect(failure).toBeUndefined()
    expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'rejected', 'ok', 'ok'])
    expect(results[5]).toMatchObject({ code: 'MR-3004', message: 'the request was refused', retryable: false })
    expect(vendor.requests.map((keys) => keys.length)).toEqual([8, 4, 4, 2, 1, 1, 2])
  })

  it('is halved while every row is bad, too', async () => {
    const vendor = makeVendor()
    for (const { key } of many(5)) vendor.faults.set(key, { kind: 'refuse_request', always: true })
    const { results } = await write(vendor, many(5))
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'rejected'))
    expect(vendor.records.size).toBe(0)
  })

  it('stops being halved where the vendor is gone: the rest is unknown', async () => {
    const vendor = makeVendor()
    vendor.faults.set('k0', { kind: 'refuse_request' })
    vendor.faults.set('k2', { kind: 'network', always: true })
    const { results, failure } = await write(vendor, many(4))
    expect(failure).toMatchObject({ code: 'MR-3002' })
    expect(results.map(({ outcome }) => outcome)).toEqual(['rejected', 'ok', 'unknown', 'unknown'])
  })
})

describe('a request that fails', () => {
  it('leaves its rows unknown, and says why', async () => {
    const vendor = makeVendor()
    vendor.faults.set('k1', { kind: 'network' })
    const { results, failure } = await write(vendor, many(3))
    expect(failure).toMatchObject({ code: 'MR-3002' })
    expect(results).toEqual(
      Array.from({ length: 3 }, () => ({ outcome: 'unknown', message: 'the connection was reset' })),
    )
    expect(vendor.records.has('k0')).toBe(true)
  })

  it('is one that answers for fewer rows than it was given', async () => {
    const vendor = makeVendor()
    vendor.faults.set('k1', { kind: 'answers_too_few' })
    const { results, failure } = await write(vendor, many(3))
    expect(failure).toMatchObject({
      code: 'MR-1401',
      message: 'The connector answered 2 results for 3 changes of person.',
    })
    expect(results.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown'])
  })

  it('throws on what is not an error of ours: a bug is not a refusal', async () => {
    const vendor = makeVendor({ write: () => Promise.reject(new TypeError('undefined is not a function')) })
    await expect(write(vendor, many(2))).rejects.toThrow(TypeError)
  })

  it('ends the delivery: what is left keeps its intents', async () => {
    const world = makeWorld()
    world.people = many(7).map(({ key }) => ({ id: key, name: 'x', opted_out: false }))
    world.vendor.faults.set('k3', { kind: 'network' })
    const { error, ledger } = await run(world)
    expect(error).toMatchObject({ code: 'MR-3002' })
    expect(ledger).toMatchObject({ delivered: 3, unknown: 4 })
    expect(world.vendor.requests).toHaveLength(2)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 3, retry: 4, delivered: 4 })
  })

  it('is a bug of ours where the connector throws something else; nothing is lost', async () => {
    const world = makeWorld({
      vendor: makeVendor({ write: () => Promise.reject(new TypeError('undefined is not a function')) }),
    })
    world.people = [{ id: '1', name: 'x', opted_out: false }]
    const { error, ledger } = await run(world)
    expect(error).toMatchObject({ code: 'MR-7000', exitCode: 70 })
    expect(ledger).toMatchObject({ unknown: 1 })
  })
})

describe('requests side by side', () => {
  it('are no more than the object takes at once', async () => {
    let now = 0
    let most = 0
    const vendor = makeVendor({ concurrency: 3, batch: { rows: 1, bytes: 1000 } })
    vendor.beforeWrite = async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 2))
      now--
    }
    const world = makeWorld({ vendor })
    world.people = many(12).map(({ key }) => ({ id: key, name: 'x', opted_out: false }))
    expect((await run(world)).ledger).toMatchObject({ delivered: 12 })
    expect(most).toBe(3)
  })

  it('never hold one record: its second row waits for the first one’s answer', async () => {
    const vendor = makeVendor({ concurrency: 4, batch: { rows: 2, bytes: 1000 } })
    let delayMs = 30
    vendor.beforeWrite = async () => {
      delayMs -= 10
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, delayMs + 10)))
    }
    const world = makeWorld({ vendor, sync: { primaryKey: ['id', 'plan'] } })
    world.people = ['1', '2', '3'].map((plan) => ({ id: 'same', name: `name ${plan}`, plan, opted_out: false }))
    await run(world)
    expect(vendor.records.get('same')).toMatchObject({ name: 'name 3' })
    expect(vendor.journal.map(({ fields }) => fields['name'])).toEqual(['name 1', 'name 2', 'name 3'])
  })
})

describe('a run that is asked to stop', () => {
  it('finishes the requests on their way, and commits their answers', async () => {
    const world = makeWorld()
    world.people = many(7).map(({ key }) => ({ id: key, name: 'x', opted_out: false }))
    const { ledger, error } = await run(world, { context: { isStopping: () => world.vendor.requests.length >= 1 } })
    expect(error).toBeUndefined()
    expect(ledger).toMatchObject({ delivered: 3, unknown: 4 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 3, retry: 4, delivered: 4 })
  })

  it('at once says so', async () => {
    const world = makeWorld()
    world.people = many(7).map(({ key }) => ({ id: key, name: 'x', opted_out: false }))
    const stop = new AbortController()
    world.vendor.beforeWrite = () => {
      stop.abort()
      return Promise.resolve()
    }
    const { ledger, error } = await run(world, { context: { signal: stop.signal } })
    expect(error).toBeInstanceOf(MillraceError)
    expect(error).toMatchObject({ code: 'MR-7001' })
    expect(ledger).toMatchObject({ delivered: 3, unknown: 4 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 3, retry: 4, delivered: 4 })
  })
})
