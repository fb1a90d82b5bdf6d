import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change, Fields } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'
import { optionFlaw } from '../../../src/connector/option-flaw.ts'

let vendor: OpenedCustomerio
beforeEach(async () => {
  vendor = await openCustomerio()
})
afterEach(() => vendor[Symbol.asyncDispose]())

const write = (
  name: string,
  match: string,
  changes: readonly Change[],
  options: JsonObject = { object_type_id: '1' },
) => vendor.object(name).write(changes, vendor.writeContext(match, { options }))
const writeObjects = (changes: readonly Change[], options?: JsonObject) =>
  write('object', 'object_id', changes, options)
const relate = (changes: readonly Change[], match = 'identifiers.id') => write('relationship', match, changes)
const company = (key: string, fields: Fields = {}, rest: Partial<Change> = {}) =>
  change(key, fields, { ...rest, match: 'object_id' })
const member = (key: string, objectId: string | null, fields: Fields = {}, rest: Partial<Change> = {}) =>
  change(key, { object_id: objectId, ...fields }, { match: 'identifiers.id', ...rest })
const object = async (key: string) => (await vendor.sandbox.show('customerio', 'object', key))[0]
const relationships = async () =>
  (await vendor.sandbox.show('customerio', 'relationship')).map(({ object_id, attributes }) => [object_id, attributes])
const ok = { outcome: 'ok' }

describe('objects', () => {
  it('are created and updated by their type and id', async () => {
    expect(
      await writeObjects([company('acme', { name: 'Acme', seats: 5, plan: { of: ['a'] } }), company('b')]),
    ).toEqual([ok, ok])
    expect(await writeObjects([company('acme', { name: 'Acme Oy', seats: null })], { object_type_id: '2' })).toEqual([
      ok,
    ])
    await writeObjects([company('acme', { seats: null, name: 'ACME' })])
    expect(await object('1/acme')).toMatchObject({
      object_id: 'acme',
      attributes: { name: 'ACME', plan: { of: ['a'] } },
    })
    expect((await object('1/acme'))?.['attributes']).not.toHaveProperty('seats')
    expect(await object('2/acme')).toMatchObject({ attributes: { name: 'Acme Oy' } })
  })

  it('are deleted, with who belonged to them, and deleting again is no failure', async () => {
    await writeObjects([company('acme', { name: 'Acme' })])
    await relate([member('P-000001', 'acme'), member('P-000002', 'C-000001')])
    expect(await writeObjects([company('acme', {}, { op: 'delete' })])).toEqual([ok])
    expect(await object('1/acme')).toBeUndefined()
    expect(await relationships()).toEqual([['C-000001', {}]])
    expect(await writeObjects([company('acme', {}, { op: 'delete' })])).toEqual([ok])
  })

  it('of a type that nobody has made are rejected, in the vendor’s words', async () => {
    expect(await writeObjects([company('acme')], { object_type_id: '77' })).toEqual([
      {
        outcome: 'rejected',
        code: 'invalid',
        message: 'identifiers.object_type_id: object type does not exist',
        retryable: false,
      },
    ])
  })

  it.each<[JsonObject, string]>([
    [{}, 'object needs the option object_type_id (The object type'],
    [{ object_type_id: '0' }, 'the option object_type_id of object is refused'],
    [{ object_type_id: 1 }, 'the option object_type_id of object is refused'],
    [{ object_type_id: '1', more: 1 }, 'object has no option more'],
  ])('need a type in the sync’s options, and %o is none', (options, flaw) => {
    expect(optionFlaw(vendor.object('object'), options)).toContain(flaw)
  })

  it.each([
    ['a reserved name', { relationship: 'x' }, "Customer.io's own"],
    ['the vendor’s own id', { cio_object_id: 'x' }, "Customer.io's own"],
    ['a long value', { bio: 'x'.repeat(1001) }, 'bio is 1001 bytes'],
    ['seconds as text', { created_at: 'today' }, 'whole seconds'],
    ['301 attributes', Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`a${n}`, n])), '301 attributes'],
  ])('with %s are refused before they are sent', async (_name, fields, message) => {
    expect(await writeObjects([company('acme', fields), company('b')])).toEqual([
      { outcome: 'rejected', code: 'MR-5005', message: expect.stringContaining(message), retryable: false },
      ok,
    ])
  })

  it('may have what means something on a person: unsubscribed, email, phone', async () => {
    expect(await writeObjects([company('acme', { email: 'no address', phone: 1, unsubscribed: 'x' })])).toEqual([ok])
  })

  it('are not created by what may only update', async () => {
    expect(
      await writeObjects([company('acme', {}, { op: 'update' }), company('b', {}, { op: 'clear' })]),
    ).toMatchObject([{ outcome: 'rejected' }, { outcome: 'rejected' }])
    expect(vendor.object('object').operations).toEqual(['upsert', 'delete'])
  })
})

describe('relationships', () => {
  it('say who belongs to what, and as what', async () => {
    const attributes = { relationship_attributes: { since: 1, role: 'x' }, 'relationship_attributes.role': 'admin' }
    expect(await relate([member('P-000001', 'C-000001', attributes)])).toEqual([ok])
    expect(await relationships()).toEqual([['C-000001', { since: 1, role: 'admin' }]])
    expect(JSON.parse((await vendor.requests())[0]?.body ?? '').batch).toEqual([
      {
        type: 'person',
        action: 'add_relationships',
        identifiers: { id: 'P-000001' },
        cio_relationships: [
          {
            identifiers: { object_type_id: '1', object_id: 'C-000001' },
            relationship_attributes: { since: 1, role: 'admin' },
          },
        ],
      },
    ])
    await relate([member('P-000001', 'C-000001', { 'relationship_attributes.role': null })])
    expect(await relationships()).toEqual([['C-000001', { since: 1 }]])
  })

  it('name people by email, too', async () => {
    const [{ email } = {}] = await vendor.sandbox.show('customerio', 'person', 'P-000001')
    const change_ = change(String(email), { object_id: 'C-000001' }, { match: 'identifiers.email' })
    expect(await relate([change_], 'identifiers.email')).toEqual([ok])
    expect(await relationships()).toHaveLength(1)
  })

  it('end when they are deleted, and only they', async () => {
    await relate([member('P-000001', 'C-000001'), member('P-000001', 'C-000002'), member('P-000002', 'C-000001')])
    expect(await relate([member('P-000001', 'C-000001', {}, { op: 'delete' })])).toEqual([ok])
    expect((await relationships()).map(([id]) => id)).toEqual(['C-000002', 'C-000001'])
  })

  it('of a row that moved end where they were', async () => {
    await relate([member('P-000001', 'C-000001')])
    const previous = { 'identifiers.id': 'P-000001', object_id: 'C-000001' }
    const moved = member('P-000001', 'C-000002', {}, { previous })
    expect(await relate([moved, member('P-000002', 'C-000001')])).toEqual([ok, ok])
    expect((await relationships()).map(([id]) => id)).toEqual(['C-000002', 'C-000001'])
    expect(vendor.object('relationship').size?.(moved)).toBeGreaterThan(200)
  })

  it('of a row that moved are rejected where one half of it is', async () => {
    await vendor.sandbox.setFault('customerio', 'bad_items', { ids: ['P-000001'] })
    const previous = { 'identifiers.id': 'P-000001', object_id: 'C-000001' }
    const results = await relate([
      member('P-000003', 'C-000001'),
      member('P-000001', 'C-000002', {}, { previous }),
      member('P-000002', 'C-000001'),
    ])
    expect(results.map(({ outcome }) => outcome)).toEqual(['ok', 'rejected', 'ok'])
  })

  it.each([
    ['no object', member('P-000001', null), 'object_id is empty'],
    ['no person', member(' ', 'C-000001'), 'id is empty'],
    [
      'attributes that are text',
      member('P-000001', 'C-000001', { relationship_attributes: 'x' }),
      'must be a JSON object',
    ],
    [
      'a long attribute',
      member('P-000001', 'C-000001', { 'relationship_attributes.a': 'x'.repeat(1001) }),
      '1001 bytes',
    ],
    ['an update', member('P-000001', 'C-000001', {}, { op: 'update' }), 'cannot be written with update'],
  ])('with %s are refused before they are sent', async (_name, row, message) => {
    expect(await relate([row])).toMatchObject([{ outcome: 'rejected', message: expect.stringContaining(message) }])
    expect(await vendor.requests()).toHaveLength(0)
  })
})
