/** Records of the destination that several rows of a model mean, at once or one after the other. */
import { describe, expect, it } from 'vitest'
import type { Mapping } from '../../src/config/project.ts'
import type { MatchField } from '../../src/connector/destination.ts'
import { makeVendor } from './vendor.ts'
import { column, makeWorld, optOut, run, type Ran, type World } from './world.ts'

function byEmail(onRemoved: World['sync']['onRemoved'] = { kind: 'ignore' }): World {
  const map = [column('email'), column('name'), optOut('unsubscribed', 'opted_out', true)]
  const world = makeWorld({ sync: { match: 'email', onRemoved, map } })
  world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', opted_out: 'BOOLEAN' }
  return world
}

/** The record is found by its id, and could be by its email. */
function byId(email: MatchField): World {
  const map = [column('id'), column('email'), column('name'), optOut('unsubscribed', 'opted_out', true)]
  const world = makeWorld({ sync: { map }, vendor: makeVendor({ match: { id: { normalise: 'exact' }, email } }) })
  world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', opted_out: 'BOOLEAN' }
  return world
}

const eitherEmail: Mapping = {
  kind: 'template',
  field: 'email',
  template: '{{ email | default: work_email }}',
  place: { file: 'syncs/people.yaml', line: 1, column: 1 },
}

const record = { email: 'ann@x.io', name: 'Ann' }
const lead = { ...record, id: 'A', opted_out: true }
const contact = { ...record, id: 'B', email: ' ANN@x.io', opted_out: true }
const unsubscribed = ({ vendor }: World) => vendor.records.get('ann@x.io')?.['unsubscribed']

describe('an opt-in of one row of a record', () => {
  it('is withheld while another row of it says opted out', async () => {
    const world = byEmail()
    world.people = [lead, contact]
    await run(world)
    world.people = [lead, { ...contact, opted_out: false }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, held_back: 1, delivered: 0 })
    expect(unsubscribed(world)).toBe(true)
    // It was said once, and is recorded as seen.
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
    // The last row of it that turns off speaks for the record.
    world.people = [
      { ...lead, opted_out: false },
      { ...contact, opted_out: false },
    ]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1 })
    expect(unsubscribed(world)).toBe(false)
  })

  it.each([
    ['before', { ...lead, opted_out: false }, contact],
    ['after', contact, { ...lead, opted_out: false, id: 'C' }],
  ])('does not overtake the opt-out of another row in the same run, its key %s', async (_order, first, second) => {
    const world = byEmail()
    world.people = [first, second]
    await run(world)
    world.people = [first, second].map((row) => ({ ...row, name: 'Anna', opted_out: !row.opted_out }))
    expect((await run(world)).ledger).toMatchObject({ changed: 2, delivered: 2, withheld: 1 })
    expect(unsubscribed(world)).toBe(true)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('goes where every row of it turned off', async () => {
    const world = byEmail()
    world.people = [lead, contact]
    await run(world)
    world.people = [lead, contact].map((row) => ({ ...row, opted_out: false }))
    await run(world)
    expect(unsubscribed(world)).toBe(false)
  })

  it.each([true, undefined])('is withheld for another field that could find the record: unique: %s', async (unique) => {
    const world = byId({ normalise: 'lower', ...(unique && { unique }) })
    world.people = [lead, contact]
    await run(world)
    world.people = [{ ...lead, opted_out: false }, contact]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, held_back: 1, delivered: 0 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
    world.people = [lead, contact]
    await run(world)
    world.people = [lead, contact].map((row) => ({ ...row, opted_out: false }))
    expect((await run(world)).ledger).toMatchObject({ changed: 2, delivered: 2, withheld: 0 })
  })

  it.each<[string, MatchField, Partial<typeof contact>]>([
    ['several records may have', { normalise: 'lower', unique: false }, {}],
    ['differs', { normalise: 'lower' }, { email: 'anna@x.io' }],
    ['is compared with its case', { normalise: 'trim' }, {}],
  ])('goes where that field %s', async (_why, match, other) => {
    const world = byId(match)
    world.people = [lead, { ...contact, ...other }]
    await run(world)
    world.people = [
      { ...lead, opted_out: false },
      { ...contact, ...other },
    ]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1, withheld: 0 })
  })

  it('is withheld for one that a template makes of columns of which some are empty', async () => {
    const world = byId({ normalise: 'lower' })
    world.sync = { ...world.sync, map: world.sync.map.map((each) => (each.field === 'email' ? eitherEmail : each)) }
    world.columns['work_email'] = 'VARCHAR'
    const both = [lead, contact].map((row) => ({ ...row, work_email: null }))
    world.people = both
    await run(world)
    world.people = both.map((row) => ({ ...row, opted_out: row.id === 'B' }))
    expect((await run(world)).ledger).toMatchObject({ changed: 1, held_back: 1, delivered: 0 })
    const nobody = both.map((row) => ({ ...row, email: null }))
    world.people = nobody
    await run(world)
    world.people = nobody.map((row) => ({ ...row, opted_out: row.id === 'B' }))
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1, withheld: 0 })
  })

  it.each<[null | string, MatchField['normalise']]>([
    [null, 'lower'],
    [' ', 'lower'],
    ['', 'exact'],
  ])('goes where that field is empty: %j, compared as %s', async (email, normalise) => {
    const world = byId({ normalise })
    const blank = [lead, contact].map((row) => ({ ...row, email }))
    world.people = blank
    await run(world)
    world.people = blank.map((row) => ({ ...row, opted_out: row.id === 'B' }))
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1, withheld: 0 })
  })
})

describe('a row that comes to mean another record', () => {
  const ann = { ...lead, opted_out: false }
  const warnings = ({ events }: Ran) => events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))

  it('leaves the old one there, and the run says so where the sync removes what leaves', async () => {
    const world = byEmail({ kind: 'delete' })
    world.people = [ann]
    expect(warnings(await run(world))).toEqual([])
    world.people = [{ ...ann, email: ' Ann@X.io' }]
    expect(warnings(await run(world))).toEqual([])
    world.people = [{ ...ann, email: 'anna@x.io' }]
    expect(warnings(await run(world))).toEqual([
      expect.stringContaining(
        '1 record stays at the destination that a row of the model people meant before its email',
      ),
    ])
    expect([...world.vendor.records.keys()]).toEqual(['ann@x.io', 'anna@x.io'])
    expect(warnings(await run(world))).toEqual([])
  })

  it.each<[string, World['sync']['onRemoved'], World['people']]>([
    ['nothing is removed anyway', { kind: 'ignore' }, []],
    ['another row means the old one', { kind: 'delete' }, [{ ...ann, id: 'C' }]],
  ])('is nothing to tell where %s', async (_why, onRemoved, others) => {
    const world = byEmail(onRemoved)
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, email: 'anna@x.io' }, ...others]
    expect(warnings(await run(world))).toEqual([])
  })

  it('and leaves before that was answered may leave a record there, and the run says so', async () => {
    const world = byEmail({ kind: 'delete' })
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, email: 'anna@x.io' }]
    world.vendor.faults.set('anna@x.io', { kind: 'unknown' })
    await run(world)
    world.people = []
    expect(warnings(await run(world))).toEqual([
      expect.stringContaining('if that sending had another email, its record stays at the destination'),
    ])
    expect([...world.vendor.records.keys()]).toEqual(['anna@x.io'])
    expect((await run(world)).ledger).toMatchObject({ removed: 0 })
  })
})

describe('a key whose type changes', () => {
  it.each([
    ['INTEGER', 'DECIMAL(10,1)'],
    ['DECIMAL(10,1)', 'DECIMAL(10,2)'],
    ['DECIMAL(10,1)', 'INTEGER'],
    ['VARCHAR', 'DECIMAL(10,1)'],
  ])('removes no record that stands under its other text: %s to %s', async (from, to) => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'delete' } } })
    world.columns = { ...world.columns, id: from }
    world.people = [
      { id: '1', name: 'Ann', opted_out: true },
      { id: '2', name: 'Ben', opted_out: false },
    ]
    await run(world)
    world.columns = { ...world.columns, id: to }
    world.people = world.people.slice(0, 1)
    expect((await run(world)).ledger).toMatchObject({ added: 1, removed: 2, delivered: 2, ignored: 1 })
    expect([...world.vendor.records]).toEqual([['1', { id: '1', name: 'Ann', unsubscribed: true }]])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, removed: 0 })
  })
})
