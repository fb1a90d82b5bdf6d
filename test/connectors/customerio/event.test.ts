import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isUlid, stableUlid } from '../../../connectors/customerio/ulid.ts'
import type { Change, Fields } from '../../../src/model/change.ts'
import { exact } from '../exact-number.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

let vendor: OpenedCustomerio
beforeEach(async () => {
  vendor = await openCustomerio()
})
afterEach(() => vendor[Symbol.asyncDispose]())

const write = (changes: readonly Change[]) => vendor.object('event').write(changes, vendor.writeContext('event_id'))
const events = () => vendor.sandbox.show('customerio', 'event')
const fault = (name: string, spec = {}) => vendor.sandbox.setFault('customerio', name, spec)
const event = (key: string, fields: Fields = {}, rest: Partial<Change> = {}) =>
  change(
    key,
    { name: 'order placed', 'identifiers.id': 'P-000001', ...fields },
    { op: 'insert', match: 'event_id', ...rest },
  )
const ok = { outcome: 'ok' }

describe('events', () => {
  it('go in one request, with name, person, time and attributes', async () => {
    const changes = [
      event('o-1', {
        timestamp: 1_790_000_000,
        attributes: { items: ['a'], total: 1 },
        'attributes.total': exact('12345678901234567890.5'),
      }),
      event('o-2', { 'identifiers.id': null, 'identifiers.email': 'New@x.example', name: ' order shipped ' }),
    ]
    expect(await write(changes)).toEqual([ok, ok])
    const [request, ...others] = await vendor.requests()
    expect(others).toEqual([])
    expect(JSON.parse(request?.body ?? '').batch[1]).toEqual({
      type: 'person',
      action: 'event',
      identifiers: { email: 'New@x.example' },
      id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
      name: ' order shipped ',
      attributes: {},
    })
    expect(await events()).toMatchObject([
      {
        name: 'order placed',
        timestamp: 1_790_000_000,
        identifiers: { id: 'P-000001' },
        attributes: { items: ['a'], total: '12345678901234567890.5' },
      },
      { name: 'order shipped', identifiers: { email: 'New@x.example' } },
    ])
  })

  it('sent twice are one, also where the row was edited while its answer was lost', async () => {
    await fault('reset_after')
    await expect(write([event('o-1', { 'attributes.total': 1 })])).rejects.toMatchObject({ code: 'MR-3002' })
    expect(await write([event('o-1', { 'attributes.total': 2 }, { idempotencyKey: 'another' })])).toEqual([ok])
    expect(await events()).toMatchObject([{ attributes: { total: 1 } }])
  })

  it('with one id are as many as there are names and people', async () => {
    await write([event('o-1'), event('o-1', { name: 'order shipped' }), event('o-1', { 'identifiers.id': 'P-000002' })])
    expect(await events()).toHaveLength(3)
  })

  it('keep a ULID that the model has', async () => {
    const ulid = '01arz3ndektsv4rrffq69g5fav'
    await write([event(ulid)])
    expect(await events()).toMatchObject([{ id: ulid.toUpperCase() }])
  })

  it.each([
    ['without a name', { name: null }, 'name is empty'],
    ['with a blank name', { name: '  ' }, 'name is empty'],
    ['with a long name', { name: 'é'.repeat(51) }, 'name is 102 bytes'],
    ['with half of a character in the name', { name: 'x\ud83d' }, 'lone surrogate'],
    ['of nobody', { 'identifiers.id': null }, 'the row names no person'],
    ['of somebody with an empty id', { 'identifiers.id': ' ' }, 'identifiers.id is empty'],
    ['at a time in text', { timestamp: '2026-01-01' }, 'whole seconds'],
    ['at a time in milliseconds', { timestamp: 1_790_000_000_000 }, 'whole seconds'],
    ['before 1970', { timestamp: -1 }, 'whole seconds'],
    ['with attributes that are a list', { attributes: [1] }, 'attributes must be a JSON object'],
    ['with half of a character in an attribute', { 'attributes.note': '\udc00' }, 'lone surrogate'],
    ['over 32 KB', { 'attributes.note': 'x'.repeat(32_000) }, 'Customer.io takes 32000'],
  ])('%s are refused before they are sent', async (_name, fields, message) => {
    expect(await write([event('o-1', fields), event('o-2')])).toEqual([
      { outcome: 'rejected', code: 'MR-5005', message: expect.stringContaining(message), retryable: false },
      ok,
    ])
    expect(await events()).toHaveLength(1)
  })

  it.each(['upsert', 'update', 'delete', 'clear', 'set'] as const)('cannot be written with %s', async (op) => {
    expect(vendor.object('event').operations).toEqual(['insert'])
    expect(await write([event('o-1', {}, { op })])).toMatchObject([{ outcome: 'rejected' }])
    expect(await vendor.requests()).toHaveLength(0)
  })

  it('take an attribute of 10 KB, which a person does not', async () => {
    expect(await write([event('o-1', { 'attributes.note': 'x'.repeat(10_000) })])).toEqual([ok])
  })

  it('are blamed one by one', async () => {
    await fault('bad_items', { every: 2 })
    const results = await write([event('o-1'), event('o-2'), event('o-3'), event('o-4')])
    expect(results.map(({ outcome }) => outcome)).toEqual(['rejected', 'ok', 'rejected', 'ok'])
  })
})

describe('the ULID of an event', () => {
  it('is always a ULID, the same for the same event, and begins with its time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.integer({ min: 0, max: 253_402_300_799 }),
        (parts, time) => {
          const ulid = stableUlid(parts, time)
          expect(isUlid(ulid)).toBe(true)
          expect(stableUlid([...parts], time)).toBe(ulid)
          expect(stableUlid([...parts, ''], time)).not.toBe(ulid)
          const ms = ulid
            .slice(0, 10)
            .split('')
            .reduce((sum, digit) => sum * 32 + digits.indexOf(digit), 0)
          expect(ms).toBe(time * 1000)
        },
      ),
    )
  })
})

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
