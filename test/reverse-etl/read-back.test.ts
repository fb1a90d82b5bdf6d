/** What the destination holds settles what it did not answer, and shows whether an opt-out stands. */
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import {
  column,
  intents,
  makeWorld,
  openRejects,
  optOut,
  run,
  runRefused,
  runUntilKilled,
  snapshot,
  type World,
} from './world.ts'
import { jobObject, makeVendor, readableObject, sentTo } from './vendor.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: true }

function readable(): World {
  const vendor = makeVendor()
  Object.assign(vendor.object, readableObject(vendor))
  const world = makeWorld({ vendor })
  world.people = [ann, ben]
  return world
}

describe('what was sent and not answered', () => {
  it('is delivered where it is read back as it was sent; what is not there stays open', async () => {
    const world = readable()
    world.vendor.faults.set('1', { kind: 'unknown' })
    world.vendor.faults.set('2', { kind: 'lost' })
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, unknown: 1 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann' })
    expect(await intents(world)).toEqual(['2 upsert'])
  })

  it('stays open where the record says something else, or where nothing can be read', async () => {
    const world = readable()
    world.vendor.records.set('1', { id: '1', name: 'Old' })
    world.vendor.faults.set('1', { kind: 'lost' })
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, unknown: 1 })
    Object.assign(world.vendor.object, { readBack: () => Promise.reject(new Error('away')) })
    world.vendor.faults.set('1', { kind: 'unknown' })
    expect((await run(world)).ledger).toMatchObject({ retry: 1, unknown: 1 })
  })

  it('is settled of the rows of a request that broke, too', async () => {
    const world = readable()
    world.vendor.faults.set('1', { kind: 'network' })
    const { ledger, error } = await run(world)
    expect(error).toMatchObject({ code: 'MR-3002' })
    expect(ledger).toMatchObject({ delivered: 1, unknown: 1 })
    expect(await intents(world)).toEqual(['1 upsert'])
  })

  it('of a deletion is done where the record is gone, and an update of nothing is absent', async () => {
    const world = readable()
    world.sync = { ...world.sync, onRemoved: { kind: 'delete' } }
    await run(world)
    world.people = [ben]
    world.vendor.faults.set('1', { kind: 'unknown' })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    world.sync = { ...world.sync, mode: 'update' }
    world.people = [ann, ben]
    world.vendor.faults.set('1', { kind: 'lost' })
    expect((await run(world)).ledger).toMatchObject({ added: 1, absent: 1 })
    expect(await openRejects(world)).toEqual(['1 1'])
  })
})

describe('verify_opt_outs', () => {
  const verifying = (): World => {
    const world = readable()
    world.sync = { ...world.sync, verifyOptOuts: true }
    return world
  }
  /** The vendor says yes, and drops the opt-out. */
  const dropsOptOuts = ({ vendor }: World) => {
    const { write } = vendor.object
    Object.assign(vendor.object, {
      write: async (...args: Parameters<typeof write>) => {
        const results = await write(...args)
        for (const [key, { unsubscribed: _dropped, ...record }] of vendor.records)
          vendor.records.set(key, { ...record, unsubscribed: false })
        return results
      },
    })
    return () => Object.assign(vendor.object, { write })
  }

  it('says that an opt-out which was taken does not stand, and keeps the row open until it does', async () => {
    const world = verifying()
    const mend = dropsOptOuts(world)
    const { ledger, events } = await run(world)
    expect(ledger).toMatchObject({ delivered: 1, unknown: 1 })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'run.warning',
        message: expect.stringContaining('1 opt-outs were taken and do not show'),
      }),
    )
    expect(await intents(world)).toEqual(['2 upsert'])
    mend()
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(world.vendor.records.get('2')).toMatchObject({ unsubscribed: true })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('reads nothing back for rows without an opt-out, and says where it could not read', async () => {
    const world = verifying()
    const asked: string[] = []
    Object.assign(world.vendor.object, {
      readBack: (changes: readonly { key: string }[]) => {
        asked.push(...changes.map(({ key }) => key))
        return Promise.reject(new Error('away'))
      },
    })
    const { ledger, events } = await run(world)
    expect(asked).toEqual(['2'])
    expect(ledger).toMatchObject({ delivered: 2 })
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'run.warning', message: expect.stringContaining('could not be read back') }),
    )
  })

  it('takes an opt-out of which nothing is told for one that does not stand', async () => {
    const world = verifying()
    Object.assign(world.vendor.object, { readBack: () => Promise.resolve([]) })
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, unknown: 1 })
    expect(await intents(world)).toEqual(['2 upsert'])
  })

  it('holds for the rows of a job that a later run takes over, too', async () => {
    const vendor = makeVendor()
    Object.assign(vendor.object, jobObject(vendor), readableObject(vendor))
    const world = makeWorld({ vendor, sync: { verifyOptOuts: true } })
    world.people = [ann, ben]
    const { settle } = vendor.object
    Object.assign(vendor.object, {
      settle: async (...args: Parameters<NonNullable<typeof settle>>) => {
        const results = await settle?.(...args)
        vendor.records.set('2', { ...vendor.records.get('2'), unsubscribed: false })
        return results
      },
    })
    vendor.faults.set('2', { kind: 'die', when: 'before' })
    await runUntilKilled(world, () => {})
    const { ledger, events } = await run(world)
    expect(events).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('1 opt-outs were taken and do not show') }),
    )
    expect(ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(vendor.records.get('2')).toMatchObject({ unsubscribed: true })
  })

  it('stops where the connector does not keep its contract', async () => {
    const world = verifying()
    const broken = () => Promise.reject(new MillraceError('MR-1401', { message: 'too few' }))
    Object.assign(world.vendor.object, { readBack: broken })
    await runRefused(world, 'MR-1401')
    expect(await intents(world)).toContain('2 upsert')
  })

  it('is refused where the object cannot be read back', async () => {
    const world = makeWorld({ sync: { verifyOptOuts: true } })
    world.people = [ann]
    await runRefused(world, 'MR-1209')
    expect(world.vendor.journal).toEqual([])
  })
})

/** Whatever bears that name is refused for good, and not written. */
function refuseNames({ vendor }: World, name: string): void {
  vendor.beforeWrite = async (changes) => {
    for (const { key, fields } of changes) if (fields['name'] === name) vendor.faults.set(key, { kind: 'reject' })
  }
}

describe('an opt-out in a row that cannot go as it is', () => {
  const map = [column('id'), column('name'), column('score'), optOut('unsubscribed', 'opted_out')]
  const world = (): World => {
    const made = makeWorld({ sync: { map } })
    made.columns = { id: 'VARCHAR', name: 'VARCHAR', score: 'DOUBLE', opted_out: 'BOOLEAN' }
    return made
  }
  const bad = { id: '2', name: 'Ben', score: 'NaN', opted_out: true }

  it('goes alone where another field cannot be encoded; the row is the reject, and goes whole when it is mended', async () => {
    const its = world()
    its.people = [{ ...ann, score: 1 }, bad]
    const { ledger, events } = await run(its)
    expect(ledger).toMatchObject({ added: 2, delivered: 1, rejected: 1 })
    expect(its.vendor.journal.map(({ key }) => key)).toEqual(['2', '1'])
    expect(its.vendor.records.get('2')).toEqual({ id: '2', unsubscribed: true })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'row.rejected',
        key: '2',
        message: expect.stringContaining('only its opt-out was sent'),
      }),
    )
    expect(await snapshot(its)).toEqual({ 1: 'accepted Ann' })
    its.people = [
      { ...ann, score: 1 },
      { ...bad, score: 2 },
    ]
    expect((await run(its)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(its.vendor.records.get('2')).toMatchObject({ name: 'Ben', score: 2, unsubscribed: true })
  })

  it('of a person who was accepted goes too, and not again once it was accepted', async () => {
    const its = world()
    its.people = [{ ...bad, score: 1, opted_out: false }]
    await run(its)
    its.people = [bad]
    expect((await run(its)).ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect(its.vendor.records.get('2')).toMatchObject({ score: 1, unsubscribed: true })
    its.people = [{ ...bad, score: 1 }]
    expect((await run(its)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    const sent = its.vendor.journal.length
    its.people = [bad]
    expect((await run(its)).ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect(its.vendor.journal).toHaveLength(sent)
  })

  it('goes although a guard holds the rest', async () => {
    const its = world()
    its.sync = { ...its.sync, limits: { ...its.sync.limits, maxAdded: { rows: 0 } } }
    its.people = [{ ...ann, score: 1 }, bad]
    expect((await run(its)).ledger).toMatchObject({ rejected: 1, held_back: 1 })
    expect(its.vendor.records.get('2')).toEqual({ id: '2', unsubscribed: true })
  })

  it('goes alone where the vendor refuses the row for good, and where no request can hold it', async () => {
    const its = makeWorld()
    its.people = [
      { ...ann, opted_out: true },
      { ...ben, name: 'x'.repeat(20_000) },
    ]
    refuseNames(its, 'Ann')
    expect((await run(its)).ledger).toMatchObject({ rejected: 2, delivered: 0 })
    expect(Object.fromEntries(its.vendor.records)).toEqual({
      1: { id: '1', unsubscribed: true },
      2: { id: '2', unsubscribed: true },
    })
    expect(await openRejects(its)).toEqual(['1 1', '2 1'])
  })

  it('goes alone where the row waits for something that may never come, and not where the record has most of it', async () => {
    const its = makeWorld()
    its.people = [
      { ...ann, opted_out: true },
      { ...ben, name: 'Bo' },
    ]
    its.vendor.faults.set('1', { kind: 'reject', retryable: true })
    its.vendor.faults.set('2', { kind: 'reject', retryable: true, taken: true })
    expect((await run(its)).ledger).toMatchObject({ rejected: 2, delivered: 0 })
    expect(sentTo(its.vendor, '1')).toEqual([
      { id: '1', name: 'Ann', unsubscribed: true },
      { id: '1', unsubscribed: true },
    ])
    expect(sentTo(its.vendor, '2')).toHaveLength(1)
    expect((await run(its)).ledger).toMatchObject({ retry: 2, delivered: 2 })
  })

  it('goes alone where an opt-in that had no answer may have undone what was accepted', async () => {
    const its = makeWorld({ sync: { map: [column('id'), column('name'), optOut('unsubscribed', 'opted_out', true)] } })
    its.people = [{ ...ann, opted_out: true }]
    await run(its)
    its.people = [ann]
    its.vendor.faults.set('1', { kind: 'unknown' })
    await run(its)
    expect(its.vendor.records.get('1')).toMatchObject({ unsubscribed: false })
    refuseNames(its, 'Bad')
    its.people = [{ ...ann, name: 'Bad', opted_out: true }]
    expect((await run(its)).ledger).toMatchObject({ retry: 1, rejected: 1 })
    expect(its.vendor.records.get('1')).toEqual({ id: '1', name: 'Ann', unsubscribed: true })
  })

  it('waits with the row in mode insert: a record of nothing else would stand in its way for good', async () => {
    const its = makeWorld({ sync: { mode: 'insert' } })
    its.people = [
      { ...ben, name: 'Bad' },
      { ...ann, name: 'x'.repeat(20_000), opted_out: true },
    ]
    refuseNames(its, 'Bad')
    expect((await run(its)).ledger).toMatchObject({ rejected: 2 })
    expect(Object.fromEntries(its.vendor.records)).toEqual({})
    its.people = [ben, { ...ann, opted_out: true }]
    expect((await run(its)).ledger).toMatchObject({ retry: 2, delivered: 2 })
    expect(its.vendor.records.get('2')).toMatchObject({ name: 'Ben', unsubscribed: true })
  })

  it('with --baseline is a reject like the row', async () => {
    const its = world()
    its.people = [{ ...ann, score: 1 }, bad]
    expect((await run(its, { permission: { baseline: true } })).ledger).toMatchObject({ coalesced: 1, rejected: 1 })
    expect(its.vendor.journal).toEqual([])
    expect((await run(its)).ledger).toMatchObject({ unchanged: 1, retry: 1, rejected: 1 })
    expect(sentTo(its.vendor, '2')).toEqual([{ id: '2', unsubscribed: true }])
  })
})

describe('a record that several fields name', () => {
  const subscription = (): World => {
    const vendor = makeVendor({
      match: { email: { normalise: 'lower' } },
      identity: ['email', 'plan'],
      operations: ['upsert', 'delete'],
      batch: { rows: 10, bytes: 100_000 },
    })
    const world = makeWorld({
      vendor,
      sync: {
        primaryKey: ['id', 'plan'],
        match: 'email',
        map: [column('email'), column('plan'), optOut('unsubscribed', 'opted_out')],
        onRemoved: { kind: 'delete' },
      },
    })
    world.columns = { id: 'VARCHAR', email: 'VARCHAR', plan: 'VARCHAR', opted_out: 'BOOLEAN' }
    return world
  }
  const row = (plan: string, opted_out: boolean) => ({ id: '1', email: 'a@x', plan, opted_out })

  it('is held back where everything else was withheld, and goes when it opts out', async () => {
    const world = subscription()
    world.people = [row('news', false), row('offers', true)]
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 1, held_back: 1 })
    expect(world.vendor.journal.map(({ fields }) => fields)).toEqual([
      { email: 'a@x', plan: 'offers', unsubscribed: true },
    ])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
    world.people = [row('news', true), row('offers', true)]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1 })
  })

  it('goes with its neighbours of one match in one request, and is removed by all its names', async () => {
    const world = subscription()
    world.people = [row('a', true), row('b', true), row('c', true)]
    await run(world)
    expect(world.vendor.requests).toEqual([['a@x', 'a@x', 'a@x']])
    world.people = [row('a', true), row('b', true)]
    await run(world)
    expect(world.vendor.journal.at(-1)).toMatchObject({ op: 'delete', fields: { email: 'a@x', plan: 'c' } })
  })

  it('must be named whole by the map', async () => {
    const world = subscription()
    world.sync = { ...world.sync, map: [column('email'), optOut('unsubscribed', 'opted_out')] }
    world.people = [row('a', true)]
    expect((await runRefused(world, 'MR-1209')).message).toContain('named by email and plan')
  })
})
