import { describe, expect, it } from 'vitest'
import type { WriteContext } from '../../src/connector/destination.ts'
import type { Change } from '../../src/model/change.ts'
import { column, intents, makeWorld, optOut, run, runUntilKilled, snapshot, type World } from './world.ts'
import { sentTo } from './vendor.ts'

const ann = { id: '1', name: 'Ann', plan: 'pro', opted_out: false }
const ben = { id: '2', name: 'Ben', plan: 'free', opted_out: true }

async function afterAnnLeft(onRemoved: World['sync']['onRemoved'], allowOptIn = false): Promise<World> {
  const map = [column('id'), column('name'), column('plan'), optOut('unsubscribed', 'opted_out', allowOptIn)]
  const world = makeWorld({ sync: { onRemoved, map } })
  world.people = [ann, ben]
  await run(world)
  world.people = [ben]
  return world
}

describe('a row that leaves the model', () => {
  it('is ignored once, and counted', async () => {
    const world = await afterAnnLeft({ kind: 'ignore' })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 1, unchanged: 1 })
    expect(await snapshot(world)).toEqual({ 1: 'ignored Ann', 2: 'accepted Ben' })
    expect((await run(world)).ledger).toMatchObject({ removed: 0, ignored: 0 })
    expect(world.vendor.journal).toHaveLength(2)
  })

  it('has its fields cleared, once', async () => {
    const world = await afterAnnLeft({ kind: 'clear', fields: ['plan', 'name'] })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect(sentTo(world.vendor, '1').at(-1)).toEqual({ id: '1', plan: null, name: null })
    expect(await snapshot(world)).toEqual({ 1: 'removed Ann', 2: 'accepted Ben' })
    expect((await run(world)).ledger).toMatchObject({ removed: 0, delivered: 0 })
  })

  it('has fields set, once', async () => {
    const world = await afterAnnLeft({ kind: 'set', values: { plan: 'churned' } })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann', plan: 'churned' })
    expect((await run(world)).ledger).toMatchObject({ removed: 0, delivered: 0 })
  })

  it('is tried again until the destination has taken the removal', async () => {
    const world = await afterAnnLeft({ kind: 'clear', fields: ['plan'] })
    world.vendor.faults.set('1', { kind: 'reject' })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, rejected: 1 })
    world.vendor.faults.set('1', { kind: 'lost' })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, unknown: 1 })
    expect((await run(world, { rejectedOnly: true })).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect((await run(world)).ledger).toMatchObject({ removed: 0 })
  })

  it('is as it should be where the record is gone already', async () => {
    const world = await afterAnnLeft({ kind: 'clear', fields: ['plan'] })
    world.vendor.records.delete('1')
    expect((await run(world)).ledger).toMatchObject({ removed: 1, absent: 1 })
    expect((await run(world)).ledger).toMatchObject({ removed: 0 })
  })

  it('is found by the same text that it was sent with, whatever the column looks like', async () => {
    const world = makeWorld({
      sync: {
        primaryKey: ['number'],
        map: [column('id', 'number'), column('name')],
        onRemoved: { kind: 'clear', fields: ['name'] },
      },
    })
    world.columns = { number: 'DECIMAL(9,2)', name: 'VARCHAR' }
    world.people = [{ id: null, number: '1.50', name: 'Ann' }]
    await run(world)
    world.people = []
    await run(world)
    expect(world.vendor.journal.map(({ key }) => key)).toEqual(['1.5', '1.5'])
    expect(world.vendor.records.get('1.5')).toEqual({ id: '1.5', name: null })
  })
})

describe('rows that left while that was ignored', () => {
  const people = ['1', '2', '3', '4'].map((id) => ({ id, name: `N${id}`, plan: 'pro', opted_out: false }))
  async function afterTwoLeft(): Promise<World> {
    const world = makeWorld()
    world.people = people
    await run(world)
    world.people = people.slice(2)
    await run(world)
    return world
  }

  it('are removed once the sync removes, and a guard asks about them', async () => {
    const world = await afterTwoLeft()
    const { maxRemoved } = world.sync.limits
    world.sync = {
      ...world.sync,
      onRemoved: { kind: 'delete' },
      limits: { ...world.sync.limits, maxRemoved: { fraction: 0.5 } },
    }
    expect((await run(world)).error).toMatchObject({ code: 'MR-4103' })
    expect(world.vendor.records.size).toBe(4)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxRemoved } }
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, removed: 2, delivered: 2 })
    expect([...world.vendor.records.keys()]).toEqual(['3', '4'])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, removed: 0 })
  })

  it('go first, past every guard, where to leave is to opt out', async () => {
    const world = await afterTwoLeft()
    const limits = { ...world.sync.limits, maxRemoved: { rows: 0 } }
    world.sync = { ...world.sync, onRemoved: { kind: 'delete' }, optOutRemoval: true, limits }
    expect((await run(world)).ledger).toMatchObject({ removed: 2, delivered: 2 })
    expect([...world.vendor.records.keys()]).toEqual(['3', '4'])
  })

  it('are done with where nothing names their record', async () => {
    const world = makeWorld({ sync: { match: 'email', map: [column('email'), column('name')] } })
    world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', other: 'VARCHAR' }
    world.people = [{ id: '1', email: 'a@x.io', name: 'Ann', other: 'a@x.io' }]
    await run(world)
    world.people = []
    await run(world)
    const map = [column('email', 'other'), column('name')]
    world.sync = { ...world.sync, map, onRemoved: { kind: 'delete' } }
    expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 1 })
    expect((await run(world)).ledger).toMatchObject({ removed: 0 })
  })

  describe('behind a sending that had no answer', () => {
    const one = { id: '1', email: 'ann@x.io', name: 'Ann', plan: 'pro', opted_out: false }
    const two = { id: '2', email: 'ben@x.io', name: 'Ben', plan: 'pro', opted_out: false }
    function byEmail(): World {
      const map = [column('email'), column('name'), column('plan'), optOut('unsubscribed', 'opted_out')]
      const world = makeWorld({ sync: { match: 'email', map } })
      world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', plan: 'VARCHAR', opted_out: 'BOOLEAN' }
      return world
    }
    async function benLeaves(world: World, ben: World['people'][number]): Promise<void> {
      world.people = [one, ben]
      // The vendor takes it, and nobody hears of it.
      world.vendor.faults.set('ben@x.io', { kind: 'unknown' })
      expect((await run(world)).ledger).toMatchObject({ unknown: 1 })
      world.people = [one]
      expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 1 })
      expect(await intents(world)).toEqual([])
    }

    it('are rejects once the sync removes, where nothing names their record', async () => {
      const world = byEmail()
      world.people = [one]
      await run(world)
      await benLeaves(world, two)
      expect(world.vendor.records.size).toBe(2)
      world.sync = { ...world.sync, onRemoved: { kind: 'delete' }, optOutRemoval: true }
      expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 0, rejected: 1 })
    })

    it('are removed by all that named them when they were accepted', async () => {
      const world = byEmail()
      Object.assign(world.vendor.object, { identity: ['name'] })
      world.people = [one, two]
      await run(world)
      await benLeaves(world, { ...two, opted_out: true })
      world.sync = { ...world.sync, onRemoved: { kind: 'delete' } }
      expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
      expect([...world.vendor.records.keys()]).toEqual(['ann@x.io'])
    })
  })
})

describe('a record that another row of the model means as well', () => {
  const byEmail = (onRemoved: World['sync']['onRemoved'] = { kind: 'delete' }): World => {
    const map = [column('email'), column('name'), optOut('unsubscribed', 'opted_out')]
    const world = makeWorld({ sync: { match: 'email', onRemoved, map } })
    world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', opted_out: 'BOOLEAN' }
    return world
  }
  const lead = { id: 'LEAD-7', email: 'ann@x.io', name: 'Ann', opted_out: true }
  const other = { id: 'B', email: 'ben@x.io', name: 'Ben', opted_out: false }

  it.each(['A-before', 'Z-after'])('stays where its row has another key now: %s', async (id) => {
    const world = byEmail()
    world.people = [lead, other]
    await run(world)
    world.people = [{ ...lead, id }, other]
    expect((await run(world)).ledger).toMatchObject({ added: 1, removed: 1, delivered: 1, ignored: 1 })
    expect(world.vendor.records.get('ann@x.io')).toMatchObject({ name: 'Ann', unsubscribed: true })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, removed: 0 })
    // The old key comes back as what it is: a new row.
    world.people = [lead, other]
    expect((await run(world)).ledger).toMatchObject({ added: 1, removed: 1, delivered: 1, ignored: 1 })
    expect(world.vendor.records.get('ann@x.io')).toMatchObject({ unsubscribed: true })
  })

  it('is told of when one of its rows is sent, and not when none is', async () => {
    const world = byEmail({ kind: 'ignore' })
    const told = async () =>
      (await run(world)).events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
    world.people = [lead, other]
    expect(await told()).toEqual([])
    world.people = [lead, { ...lead, id: 'TWIN', name: 'Anna', email: ' ANN@x.io' }, other]
    expect(await told()).toEqual([
      expect.stringContaining('1 record is meant by more than one row of the model people, with one email'),
    ])
    expect(await told()).toEqual([])
  })

  it.each([{ kind: 'delete' }, { kind: 'set', values: { name: 'gone' } }] as const)(
    'stays as the other row has it, where one of two leaves: %j',
    async (onRemoved) => {
      const world = byEmail(onRemoved)
      world.people = [lead, { ...lead, id: 'TWIN', email: ' ANN@x.io' }, other]
      await run(world)
      world.people = [lead, other]
      expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 1, delivered: 0 })
      expect(world.vendor.records.get('ann@x.io')).toMatchObject({ name: 'Ann' })
      world.people = [other]
      expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 0, delivered: 1 })
    },
  )
})

describe('a row that leaves in the run that fills the match from another column', () => {
  it('is refused aloud as long as it stands at the destination', async () => {
    const world = makeWorld({
      sync: {
        match: 'email',
        primaryKey: ['id'],
        map: [column('email'), column('name')],
        onRemoved: { kind: 'delete' },
      },
    })
    world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR' }
    world.people = [
      { id: '1', email: 'ann@x.io', name: 'Ann' },
      { id: '2', email: 'ben@x.io', name: 'Ben' },
    ]
    await run(world)
    world.columns = { id: 'VARCHAR', mail: 'VARCHAR', name: 'VARCHAR' }
    world.people = [{ id: '2', mail: 'ben@x.io', name: 'Ben' }]
    world.sync = { ...world.sync, map: [column('email', 'mail'), column('name')] }
    expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 0, rejected: 1 })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, rejected: 1 })
    // With the old column it goes.
    world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR' }
    world.people = [{ id: '2', email: 'ben@x.io', name: 'Ben' }]
    world.sync = { ...world.sync, map: [column('email'), column('name')] }
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect(world.vendor.records.has('ann@x.io')).toBe(false)
  })
})

describe('a row that left after a sending without an answer, and whose key does not name its record', () => {
  const one = { id: '1', email: 'ann@x.io', name: 'Ann', opted_out: false }
  const two = { id: '2', email: 'ben@x.io', name: 'Ben', opted_out: true }
  const map = [column('email'), column('name'), optOut('unsubscribed', 'opted_out')]
  async function afterFirst(sync: Partial<World['sync']> = {}): Promise<World> {
    const world = makeWorld({
      sync: { match: 'email', map, onRemoved: { kind: 'delete' }, optOutRemoval: true, ...sync },
    })
    world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', opted_out: 'BOOLEAN' }
    world.people = [one]
    await run(world)
    world.people = [one, two]
    return world
  }
  const left = async (world: World) => {
    world.people = [one]
    const { removed, ignored, rejected } = (await run(world)).ledger
    return { removed, ignored, rejected, open: await intents(world) }
  }
  const told = { removed: 1, ignored: 0, rejected: 1, open: ['2 upsert'] }

  it('is refused aloud by each run, for it may stand there', async () => {
    const world = await afterFirst()
    world.vendor.faults.set('ben@x.io', { kind: 'die', when: 'after' })
    await runUntilKilled(world, () => undefined)
    expect(await left(world)).toEqual(told)
    expect(await left(world)).toEqual(told)
    // Back again it is sent, and when it leaves then there is what names it.
    world.people = [one, two]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(await left(world)).toEqual({ removed: 1, ignored: 0, rejected: 0, open: [] })
    expect([...world.vendor.records.keys()]).toEqual(['ann@x.io'])
  })

  it('is refused aloud, too, where only its opt-out was sent', async () => {
    const world = await afterFirst()
    const { write } = world.vendor.object
    Object.assign(world.vendor.object, {
      write: async (changes: readonly Change[], context: WriteContext) =>
        changes[0]?.fields['name'] === 'Ben'
          ? changes.map(() => ({ outcome: 'rejected', code: 'bad', message: 'no Ben', retryable: false }))
          : write(changes, context),
    })
    expect((await run(world)).ledger).toMatchObject({ rejected: 1 })
    expect(world.vendor.records.get('ben@x.io')).toMatchObject({ unsubscribed: true })
    Object.assign(world.vendor.object, { write })
    expect(await left(world)).toEqual(told)
  })

  it('is refused aloud, too, where the key is the match and more than that names the record', async () => {
    const world = await afterFirst({ primaryKey: ['email'] })
    Object.assign(world.vendor.object, { identity: ['name'] })
    world.vendor.faults.set('ben@x.io', { kind: 'unknown' })
    await run(world)
    expect(await left(world)).toEqual({ ...told, open: ['ben@x.io upsert'] })
  })
})

describe('a row that left, and of which two runs that crossed have an intent', () => {
  it.each([{ kind: 'ignore' }, { kind: 'clear', fields: ['plan'] }] as const)(
    'is done with once: %j',
    async (onRemoved) => {
      const world = await afterAnnLeft(onRemoved)
      await world.warehouse.session({ runId: 'late', purpose: 'reopen' }, async ({ reverse }) => {
        for (const runId of ['second', 'first'])
          await reverse.reopenIntents({
            fence: { sync: world.sync.name, stream: 'person', partition: '', epoch: 1, runId },
            keys: [{ key: '1', op: 'upsert' }],
          })
      })
      expect((await run(world)).ledger).toMatchObject({ removed: 1, unchanged: 1 })
      expect(await intents(world)).toEqual([])
      expect((await run(world)).ledger).toMatchObject({ removed: 0, unchanged: 1 })
    },
  )
})

describe('a row that comes back', () => {
  it('is compared with its tombstone: equal is not sent', async () => {
    const world = await afterAnnLeft({ kind: 'ignore' })
    await run(world)
    world.people = [ann, ben]
    expect((await run(world)).ledger).toMatchObject({ added: 1, coalesced: 1, unchanged: 1 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
    expect(world.vendor.journal).toHaveLength(2)
  })

  it('is sent where it differs from its tombstone', async () => {
    const world = await afterAnnLeft({ kind: 'ignore' })
    await run(world)
    world.people = [{ ...ann, plan: 'free' }, ben]
    expect((await run(world)).ledger).toMatchObject({ added: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ plan: 'free' })
  })

  it('is sent whole after its fields were cleared', async () => {
    const world = await afterAnnLeft({ kind: 'clear', fields: ['plan'] })
    await run(world)
    world.people = [ann, ben]
    expect((await run(world)).ledger).toMatchObject({ added: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ plan: 'pro' })
  })

  it('is sent, equal or not, where it left with an answer open', async () => {
    const world = await afterAnnLeft({ kind: 'ignore' })
    world.people = [{ ...ann, name: 'Anna' }, ben]
    world.vendor.faults.set('1', { kind: 'unknown' })
    await run(world)
    world.people = [ben]
    expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 1 })
    // The vendor has taken Anna, and nobody knows.
    world.people = [ann, ben]
    expect((await run(world)).ledger).toMatchObject({ added: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann' })
  })

  it.each(['unknown', 'reject'] as const)('is never opted in by what was a retry (%s) when it left', async (kind) => {
    const world = await afterAnnLeft({ kind: 'ignore' }, true)
    world.people = [ann, { ...ben, opted_out: false }]
    world.vendor.faults.set('2', { kind })
    await run(world)
    // Ben opts out at the vendor, leaves the model, and comes back as the opt-in that had no answer.
    world.vendor.records.set('2', { ...world.vendor.records.get('2'), unsubscribed: true })
    world.people = [ann]
    await run(world)
    world.people = [ann, { ...ben, opted_out: false }]
    await run(world)
    expect(world.vendor.records.get('2')).toMatchObject({ unsubscribed: true })
  })
})
