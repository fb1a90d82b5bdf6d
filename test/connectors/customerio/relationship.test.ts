/** Relationships as rows of a model that come, go and move: the record is a person and an object together. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { column, makeWorld, run as runSync, type Ran, type World } from '../../reverse-etl/world.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

let vendor: OpenedCustomerio
let world: World
beforeEach(async () => {
  vendor = await openCustomerio()
  const made = objects.map((name) => change(name, {}, { match: 'object_id' }))
  await vendor.object('object').write(made, vendor.writeContext('object_id', { options: { object_type_id: '1' } }))
  await vendor.person.write([change('u3', {}), change('u4', {})], vendor.writeContext())
  world = makeWorld({
    sync: {
      match: 'identifiers.id',
      object: 'relationship',
      options: { object_type_id: '1' },
      onRemoved: { kind: 'delete' },
      map: [column('identifiers.id', 'person'), column('object_id', 'company')],
    },
  })
  world.vendor = { ...world.vendor, object: vendor.object('relationship') }
  world.columns = { id: 'VARCHAR', person: 'VARCHAR', company: 'VARCHAR' }
})
afterEach(() => vendor[Symbol.asyncDispose]())

const run = (people: World['people']): Promise<Ran> => {
  world.people = people
  return runSync(world, { context: { callContext: (signal) => vendor.host.context(signal) } })
}

const objects = ['acme', 'beta', 'gamma']

const held = async () => {
  const people = new Map((await vendor.sandbox.show('customerio', 'person')).map(({ cio_id, id }) => [cio_id, id]))
  return (await vendor.sandbox.show('customerio', 'relationship'))
    .filter(({ object_id }) => objects.includes(String(object_id)))
    .map(({ cio_id, object_id }) => `${String(people.get(cio_id))} ${String(object_id)}`)
    .sort()
}

describe('a relationship', () => {
  it('stays where its row has another key now', async () => {
    await run([{ id: 'm-9', person: 'u3', company: 'acme' }])
    const { ledger } = await run([{ id: 'm-1', person: 'u3', company: 'acme' }])
    expect(ledger).toMatchObject({ added: 1, removed: 1, delivered: 1, ignored: 1 })
    expect(await held()).toEqual(['u3 acme'])
  })

  it('stays where its row moves on, and another one stands for it', async () => {
    await run([{ id: 'm-2', person: 'u3', company: 'acme' }])
    await run([
      { id: 'm-1', person: 'u3', company: 'acme' },
      { id: 'm-2', person: 'u3', company: 'beta' },
    ])
    expect(await held()).toEqual(['u3 acme', 'u3 beta'])
  })

  it('goes with the only row that stood for it', async () => {
    await run([
      { id: 'm-1', person: 'u3', company: 'acme' },
      { id: 'm-2', person: 'u3', company: 'beta' },
    ])
    await run([{ id: 'm-2', person: 'u3', company: 'beta' }])
    expect(await held()).toEqual(['u3 beta'])
  })

  it('of somebody else stays where a row moves to another person and another object', async () => {
    const standing = { id: 'm-2', person: 'u4', company: 'acme' }
    await run([{ id: 'm-1', person: 'u3', company: 'acme' }, standing])
    await run([{ id: 'm-1', person: 'u4', company: 'beta' }, standing])
    expect(await held()).toEqual(['u3 acme', 'u4 acme', 'u4 beta'])
  })

  it('to which its row had moved without an answer stays when it moves once more, and the run says so', async () => {
    await run([{ id: 'm-1', person: 'u3', company: 'acme' }])
    const inner = vendor.object('relationship')
    const write: typeof inner.write = async (...args) =>
      (await inner.write(...args)).map(() => ({ outcome: 'unknown' as const }))
    world.vendor = { ...world.vendor, object: { ...inner, write } }
    await run([{ id: 'm-1', person: 'u3', company: 'beta' }])
    world.vendor = { ...world.vendor, object: inner }
    const { events } = await run([{ id: 'm-1', person: 'u3', company: 'gamma' }])
    expect(await held()).toEqual(['u3 beta', 'u3 gamma'])
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'run.warning',
        message: expect.stringContaining(
          '1 row has another company than was accepted, after a sending that had no answer',
        ),
      }),
    )
    const again = await run([{ id: 'm-1', person: 'u3', company: 'gamma' }])
    expect(again.events.filter(({ type }) => type === 'run.warning')).toEqual([])
  })
})
