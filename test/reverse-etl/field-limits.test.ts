/** What an object declares of its fields is kept by the engine: no connector has to look again. */
import { describe, expect, it } from 'vitest'
import { column, makeWorld, openRejects, optOut, rows, run, type World } from './world.ts'

const map = [column('id'), column('name'), column('plan'), optOut('unsubscribed', 'opted_out')]
const ann = { id: '1', name: 'Ann', plan: 'pro', opted_out: false }

function limited(): World {
  const world = makeWorld({ sync: { map } })
  Object.assign(world.vendor.object.fields, {
    name: { type: 'string', nullable: false },
    plan: { type: 'string', maxLength: 4 },
  })
  return world
}

describe('a value that its field does not take', () => {
  it.each([
    ['null', { name: null }, 'name: it may not be null'],
    ['longer text', { plan: 'basic' }, 'plan: it has 5 characters, and may have 4'],
  ])('is a reject that names the field: %s', async (_what, wrong, message) => {
    const world = limited()
    world.people = [
      { ...ann, ...wrong },
      { ...ann, id: '2' },
    ]
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 1, rejected: 1 })
    expect([...world.vendor.records.keys()]).toEqual(['2'])
    expect(await rows(world, `SELECT code, message FROM _millrace.rejects WHERE sync = '${world.sync.name}'`)).toEqual([
      { code: 'MR-5005', message },
    ])
    world.people = [ann, { ...ann, id: '2' }]
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(await openRejects(world)).toEqual([])
  })

  it('does not keep the opt-out of its row', async () => {
    const world = limited()
    world.people = [{ ...ann, plan: 'basic', opted_out: true }]
    expect((await run(world)).ledger).toMatchObject({ added: 1, rejected: 1 })
    expect(world.vendor.records.get('1')).toEqual({ id: '1', unsubscribed: true })
  })

  it('is counted in characters, and what fits goes: null where it may be, four emoji', async () => {
    const world = limited()
    world.people = [
      { ...ann, plan: null },
      { ...ann, id: '2', plan: '😀😀😀😀' },
    ]
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 2 })
  })
})
