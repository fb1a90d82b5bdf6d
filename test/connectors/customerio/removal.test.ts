import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change, Operation } from '../../../src/model/change.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

let vendor: OpenedCustomerio
beforeEach(async () => {
  vendor = await openCustomerio()
})
afterEach(() => vendor[Symbol.asyncDispose]())

const writePeople = (changes: readonly Change[], match = 'id') =>
  vendor.person.write(changes, vendor.writeContext(match))
const suppress = (changes: readonly Change[], match = 'id') =>
  vendor.object('suppression').write(changes, vendor.writeContext(match))
const actions = async () =>
  (await vendor.requests()).flatMap(({ body }) =>
    JSON.parse(body ?? '').batch.map(({ action }: { readonly action: string }) => action),
  )
const ok = { outcome: 'ok' }

describe('deleting people', () => {
  it('takes them away, lets them come back, and never suppresses', async () => {
    await writePeople([change('A-1', { email: 'a@x.example' })])
    expect(await writePeople([change('A-1', {}, { op: 'delete' })])).toEqual([ok])
    expect(await vendor.stored('A-1')).toBeUndefined()
    expect(await actions()).toEqual(['identify', 'delete'])
    expect((await vendor.sandbox.status()).vendors[0]?.records).not.toHaveProperty('suppressed')
    await writePeople([change('A-1', { email: 'a@x.example' })])
    expect(await vendor.stored('A-1')).toMatchObject({ email: 'a@x.example' })
  })

  it('says nothing but who: the fields of the row stay here', async () => {
    await writePeople([change('a@x.example', { plan: 'x' }, { op: 'delete', match: 'email' })], 'email')
    expect(JSON.parse((await vendor.requests())[0]?.body ?? '').batch).toEqual([
      { type: 'person', action: 'delete', identifiers: { email: 'a@x.example' } },
    ])
  })

  it('of nobody is no failure, and of an empty key is refused', async () => {
    expect(
      await writePeople([change('nobody', {}, { op: 'delete' }), change(' ', {}, { op: 'delete' })]),
    ).toMatchObject([ok, { outcome: 'rejected', message: 'id is empty' }])
  })
})

describe('suppression', () => {
  it('deletes a person for good: neither their id nor their email comes back', async () => {
    await writePeople([change('A-1', { email: 'a@x.example' })])
    expect(await suppress([change('A-1', {}, { op: 'insert' })])).toEqual([ok])
    expect(await vendor.stored('A-1')).toBeUndefined()
    await writePeople([change('A-1', { plan: 'x' }), change('A-2', { email: 'A@x.example' })])
    expect(await vendor.stored('A-1')).toBeUndefined()
    expect(await vendor.stored('A-2')).toBeUndefined()
    expect(await suppress([change('A-1', {}, { op: 'insert' })])).toEqual([ok])
  })

  it.each<Operation>(['upsert', 'update', 'delete', 'clear', 'set'])('is not said by %s', async (op) => {
    expect(vendor.object('suppression').operations).toEqual(['insert'])
    expect(await suppress([change('A-1', {}, { op })])).toMatchObject([{ outcome: 'rejected' }])
    expect(await vendor.requests()).toHaveLength(0)
  })

  it('is said by that object alone, whatever the others are asked', async () => {
    const operations: readonly Operation[] = ['upsert', 'update', 'insert', 'clear', 'set', 'delete']
    const options = { object_type_id: '1' }
    for (const name of ['person', 'event', 'object', 'relationship'] as const)
      for (const op of operations) {
        const object = vendor.object(name)
        const match = Object.keys(object.match)[0] ?? ''
        const row = change(
          'A-1',
          { name: 'x', unsubscribed: true, 'identifiers.id': 'A-1', object_id: 'A-1' },
          { op, match },
        )
        const shown = JSON.stringify(object.preview([row], { ...options, match }))
        expect(shown).not.toContain('suppress')
      }
    await suppress([change('A-1', {}, { op: 'insert' })])
    expect(await actions()).toEqual(['suppress'])
  })

  it.each([
    ['an id', ' ', 'id', 'id is empty'],
    ['an email', 'nobody', 'email', 'email is not an email address'],
  ])('needs %s', async (_name, key, match, message) => {
    expect(await suppress([change(key, {}, { op: 'insert', match })], match)).toMatchObject([
      { outcome: 'rejected', message },
    ])
  })
})
