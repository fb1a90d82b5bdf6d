/** What a run may not do without a word (promises 7 and 12). */
import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../../src/model/event.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import { jobObject, makeVendor } from './vendor.ts'
import {
  column,
  dyingWarehouse,
  intents,
  makeWorld,
  optOut,
  rows,
  run,
  runRefused,
  runUntilKilled,
  snapshot,
  type World,
} from './world.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: true }
const production = { isSandbox: false }

async function delivered(): Promise<World> {
  const world = makeWorld()
  world.people = [ann, ben]
  await run(world)
  return world
}

const warningsIn = (events: readonly EngineEvent[]) =>
  events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))

const loseSnapshot = (world: World) => rows(world, `DROP TABLE _millrace.snapshot_${world.sync.name}`)

describe('the first delivery', () => {
  it('outside the sandbox needs --first-run or --baseline', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    const error = await runRefused(world, 'MR-4003', { permission: production })
    expect(error.next.join('\n')).toContain(`millrace sync run ${world.sync.name} --first-run`)
    expect(world.vendor.journal).toEqual([])
    await runRefused(world, 'MR-4003', { permission: production })
    expect((await run(world, { permission: { ...production, firstRun: true } })).ledger).toMatchObject({ delivered: 2 })
    world.people = [{ ...ann, name: 'Anna' }, ben]
    expect((await run(world, { permission: production })).ledger).toMatchObject({ delivered: 1 })
  })

  it('still needs a word after a guard has stopped it', async () => {
    const world = makeWorld()
    world.people = [ann]
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxAdded: { rows: 0 } } }
    await runRefused(world, 'MR-4101', { permission: { ...production, firstRun: true } })
    await runRefused(world, 'MR-4003', { permission: production })
    expect(world.vendor.journal).toEqual([])
  })

  it('with --baseline sends nothing, and says so in the changes', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    const { ledger, runId } = await run(world, { permission: { ...production, baseline: true } })
    expect(ledger).toMatchObject({ added: 2, coalesced: 2, delivered: 0 })
    expect(world.vendor.journal).toEqual([])
    expect(
      await rows(world, `SELECT key, status, reason FROM _millrace.changes WHERE run_id = '${runId}' ORDER BY key`),
    ).toEqual([
      { key: '1', status: 'baseline', reason: '--baseline' },
      { key: '2', status: 'baseline', reason: '--baseline' },
    ])
    world.people = [{ ...ann, name: 'Anna' }, ben]
    expect((await run(world, { permission: production })).ledger).toMatchObject({
      changed: 1,
      unchanged: 1,
      delivered: 1,
    })
  })

  it('of an empty model with --baseline is one, too', async () => {
    const world = makeWorld()
    expect((await run(world, { permission: { ...production, baseline: true } })).ledger).toMatchObject({
      model_rows: 0,
    })
    world.people = [ann]
    expect((await run(world, { permission: production })).ledger).toMatchObject({ added: 1, delivered: 1 })
  })
})

describe('a baseline that died before its end', () => {
  it.each([
    ['sends every row with --first-run', 'firstRun', { delivered: 2 }],
    ['takes the model of now for accepted with --baseline', 'baseline', { coalesced: 2, removed: 0 }],
  ])('%s', async (_what, word, ledger) => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'delete' } } })
    world.people = [ann, { ...ben, id: '3' }]
    const baseline = { permission: { ...production, baseline: true } }
    await expect(run(world, { ...baseline, context: { warehouse: lostBeforeMeta(world) } })).rejects.toThrow('gone')
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 3: 'accepted Ben' })
    await runRefused(world, 'MR-4003', { permission: production })
    world.people = [ann, ben]
    expect((await run(world, { permission: { ...production, [word]: true } })).ledger).toMatchObject(ledger)
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
  })
})

/** Its connection breaks before the row by which the snapshot is known. */
const lostBeforeMeta = ({ warehouse }: World): Warehouse => ({
  ...warehouse,
  session: (request, work) =>
    warehouse.session(request, (session) => {
      const openIntents = () => Promise.reject(new RangeError('gone'))
      return work({ ...session, reverse: { ...session.reverse, openIntents } })
    }),
})

describe('a lost snapshot', () => {
  it('stops, whoever remembers the deliveries: the warehouse', async () => {
    const world = await delivered()
    await loseSnapshot(world)
    const error = await runRefused(world, 'MR-4005', { permission: production })
    expect(error.message).toContain(`_millrace.snapshot_${world.sync.name} is gone`)
    expect(world.vendor.journal).toHaveLength(2)
  })

  it('stops, whoever remembers the deliveries: the control store', async () => {
    const world = makeWorld()
    world.people = [ann]
    await runRefused(world, 'MR-4005', { permission: { ...production, deliveredBefore: true } })
    expect(world.vendor.journal).toEqual([])
  })

  it.each([
    ['answers', () => ({}), { purpose: 'acknowledge', when: 'before' }],
    ['a job that was not begun', jobObject, { purpose: 'receipt', when: 'after' }],
  ] as const)('stops, and its ways on are open, where a dead run has left %s', async (_what, more, at) => {
    for (const way of [{ firstRun: true }, { baseline: true }]) {
      const world = makeWorld()
      Object.assign(world.vendor.object, more(world.vendor))
      world.people = [ann]
      await run(world)
      world.people = [ann, ben]
      await runUntilKilled(world, (die) => ({ context: { warehouse: dyingWarehouse(world.warehouse, at, die) } }))
      await loseSnapshot(world)
      await runRefused(world, 'MR-4005', { permission: production })
      expect(await intents(world)).toEqual(['2 upsert'])
      expect((await run(world, { permission: { ...production, ...way } })).error).toBeUndefined()
      expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
      expect(await intents(world)).toEqual([])
      expect((await run(world, { permission: production })).ledger).toMatchObject({ unchanged: 2, delivered: 0 })
    }
  })

  const baseline = { permission: { ...production, baseline: true } }
  it.each<readonly [string, (world: World) => Promise<unknown>]>([
    [
      '--baseline, which a key that stands twice stopped',
      async (world) => {
        world.people = [ann, ben, ben]
        await runRefused(world, 'MR-4106', baseline)
      },
    ],
    [
      '--baseline, whose connection broke',
      (world) =>
        expect(run(world, { ...baseline, context: { warehouse: lostBeforeMeta(world) } })).rejects.toThrow('gone'),
    ],
    [
      '--first-run, which a guard stopped',
      async (world) => {
        world.people = [ann]
        world.sync = { ...world.sync, limits: { ...world.sync.limits, maxAdded: { rows: 0 } } }
        await runRefused(world, 'MR-4101', { permission: { ...production, firstRun: true } })
      },
    ],
  ])('still stops behind %s', async (_what, endEarly) => {
    const world = await delivered()
    const { sync } = world
    await loseSnapshot(world)
    await endEarly(world)
    Object.assign(world, { sync, people: [ann, ben] })
    await runRefused(world, 'MR-4005', { permission: { ...production, deliveredBefore: true } })
    await runRefused(world, 'MR-4003', { permission: production })
    expect(world.vendor.journal).toHaveLength(2)
    await run(world, baseline)
    expect((await run(world, { permission: production })).ledger).toMatchObject({ unchanged: 2, delivered: 0 })
  })

  it('is taken from the model as it is with --baseline', async () => {
    const world = await delivered()
    await loseSnapshot(world)
    await run(world, { permission: { ...production, baseline: true } })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
    expect((await run(world, { permission: production })).ledger).toMatchObject({ unchanged: 2 })
    expect(world.vendor.journal).toHaveLength(2)
  })

  it('with --baseline leaves opt-outs undelivered, says how many, and how they go out', async () => {
    const world = await delivered()
    world.people = [{ ...ann, opted_out: true }, ben]
    await loseSnapshot(world)
    const { events } = await run(world, { permission: { ...production, baseline: true } })
    expect(warningsIn(events)).toEqual([
      expect.stringMatching(
        /: 2 rows of the model say opted out, .*millrace sync state reset people\d+ .*millrace sync run people\d+ --first-run$/,
      ),
    ])
    expect(world.vendor.records.get('1')).not.toMatchObject({ unsubscribed: true })
    await world.warehouse.session({ runId: 'reset', purpose: 'reset' }, ({ state }) =>
      state.reset(world.sync.name, null),
    )
    await run(world, { permission: { ...production, firstRun: true, deliveredBefore: true } })
    expect(world.vendor.records.get('1')).toMatchObject({ unsubscribed: true })
  })

  it('with --baseline warns of nothing where nobody opted out', async () => {
    const world = makeWorld()
    world.people = [ann]
    const { events } = await run(world, { permission: { ...production, baseline: true } })
    expect(warningsIn(events)).toEqual([])
  })

  it('says of either way what it leaves undone', async () => {
    const world = await delivered()
    await loseSnapshot(world)
    const said = (await runRefused(world, 'MR-4005', { permission: production })).next.join('\n')
    expect(said).toMatch(
      /--baseline .* sends nothing: no opt-out that is not there yet\n.*--first-run .*opt-outs too\n/,
    )
    expect(said).toContain('Neither removes who has left the model')
  })

  it('is made anew by sending everything with --first-run', async () => {
    const world = await delivered()
    await loseSnapshot(world)
    expect((await run(world, { permission: { ...production, firstRun: true } })).ledger).toMatchObject({ delivered: 2 })
    expect((await run(world, { permission: production })).ledger).toMatchObject({ unchanged: 2 })
  })
})

describe('a snapshot of another destination', () => {
  it.each([
    ['account', async (world: World) => runRefused(world, 'MR-4004', { account: 'account-2' })],
    [
      'connection',
      async (world: World) => runRefused({ ...world, sync: { ...world.sync, destination: 'other' } }, 'MR-4004'),
    ],
    [
      'options',
      async (world: World) => runRefused({ ...world, sync: { ...world.sync, options: { audience: '7' } } }, 'MR-4004'),
    ],
    ['object', async (world: World) => runRefused({ ...world, vendor: makeVendor({ name: 'company' }) }, 'MR-4004')],
  ])('stops: %s', async (what, refused) => {
    const world = await delivered()
    const error = await refused(world)
    expect(error.message).toContain(`${what} was `)
    expect(error.exitCode).toBe(4)
    expect(world.vendor.journal).toHaveLength(2)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it.each(['firstRun', 'baseline'])(
    'stops with --%s, too, where it is lost: what is open was meant for the other',
    async (word) => {
      const world = await delivered()
      await loseSnapshot(world)
      const permission = { ...production, [word]: true }
      await runRefused(world, 'MR-4004', { account: 'account-2', permission })
      expect(world.vendor.journal).toHaveLength(2)
    },
  )
})

describe('guards', () => {
  const crowd = Array.from({ length: 10 }, (_, index) => ({ ...ann, id: `k${index}` }))

  async function crowded(limits: Partial<World['sync']['limits']>): Promise<World> {
    const world = makeWorld()
    world.people = crowd
    await run(world)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, ...limits } }
    return world
  }

  it.each([
    ['MR-4101', { maxAdded: { fraction: 0.1 } }, [...crowd, { ...ann, id: 'new1' }, { ...ann, id: 'new2' }]],
    [
      'MR-4102',
      { maxChanged: { rows: 1 } },
      crowd.map((person, index) => (index < 2 ? { ...person, name: 'new' } : person)),
    ],
    ['MR-4103', { maxRemoved: { fraction: 0.1 } }, crowd.slice(2)],
    ['MR-4104', { onEmpty: 'stop' }, []],
  ] as const)('stop a run with %s before anything is sent, with everything as it was', async (code, limits, people) => {
    const world = await crowded(limits)
    const before = await snapshot(world)
    world.people = people
    const error = await runRefused(world, code)
    expect(error.exitCode).toBe(4)
    expect(error.next.at(-1)).toMatch(/^If it is right: {2}millrace sync run people\d+ --/)
    expect(world.vendor.journal).toHaveLength(10)
    expect(await snapshot(world)).toEqual(before)
    expect(await intents(world)).toEqual([])
    // What the message says once, lets it through.
    world.sync = {
      ...world.sync,
      limits: {
        ...world.sync.limits,
        maxAdded: { rows: 10 },
        maxChanged: { rows: 10 },
        maxRemoved: { rows: 10 },
        onEmpty: 'proceed',
      },
    }
    const { error: none } = await run(world)
    expect(none).toBeUndefined()
  })

  it('ask about removals after a first delivery that reached nobody: the records may be the destination’s own', async () => {
    const limits = { ...makeWorld().sync.limits, maxRemoved: { fraction: 0.05 } }
    const world = makeWorld({ sync: { onRemoved: { kind: 'delete' }, limits } })
    world.people = crowd
    for (const { id } of crowd) world.vendor.records.set(id, { id, name: 'theirs' })
    world.vendor.beforeWrite = () => Promise.reject(new MillraceError('MR-3002', { message: 'connection refused' }))
    await run(world)
    world.vendor.beforeWrite = () => Promise.resolve()
    world.people = crowd.slice(0, 2)
    const error = await runRefused(world, 'MR-4103')
    expect(error.next.at(-1)).toMatch(/--max-removed 8$/)
    expect(world.vendor.journal).toEqual([])
    expect(await intents(world)).toHaveLength(10)
    world.sync = { ...world.sync, limits: { ...limits, maxRemoved: { rows: 8 } } }
    expect((await run(world)).ledger).toMatchObject({ removed: 8, retry: 2, delivered: 10 })
  })

  it('do not hold a sync that removes nothing, where nothing was accepted yet', async () => {
    const limits = { ...makeWorld().sync.limits, maxRemoved: { fraction: 0.05 } }
    const world = makeWorld({ sync: { limits } })
    world.people = crowd
    world.vendor.beforeWrite = () => Promise.reject(new MillraceError('MR-3002', { message: 'connection refused' }))
    await run(world)
    world.vendor.beforeWrite = () => Promise.resolve()
    world.people = crowd.slice(0, 9)
    expect(await run(world)).toMatchObject({ error: undefined, ledger: { removed: 1, ignored: 1, delivered: 9 } })
  })

  it('do not count rows again that a killed first delivery has left', async () => {
    const world = makeWorld({})
    world.people = crowd
    for (const { id } of crowd.slice(2)) world.vendor.faults.set(String(id), { kind: 'lost' })
    await run(world)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxAdded: { fraction: 1 } } }
    const { error, ledger } = await run(world)
    expect(error).toBeUndefined()
    expect(ledger).toMatchObject({ retry: 8, delivered: 8 })
  })

  it('count rows that were refused and would go again', async () => {
    const world = await crowded({ maxChanged: { rows: 1 } })
    world.people = crowd.map((person, index) => (index < 1 ? { ...person, name: 'new' } : person))
    world.vendor.faults.set('k0', { kind: 'reject' })
    await run(world)
    world.people = crowd.map((person, index) => (index < 2 ? { ...person, name: 'new' } : person))
    expect((await runRefused(world, 'MR-4102')).message).toContain('would change 2 rows')
  })

  it('do not count rows that are equal after all', async () => {
    const world = await crowded({ maxChanged: { rows: 1 } })
    world.columns = { ...world.columns, day: 'DATE' }
    world.sync = { ...world.sync, map: [column('id'), column('name'), { ...optOut('unsubscribed', 'opted_out') }] }
    // Another order of the fields is another mapping, and no other payload.
    world.sync = { ...world.sync, map: world.sync.map.toReversed() }
    const { ledger, error } = await run(world)
    expect(error).toBeUndefined()
    expect(ledger).toMatchObject({ changed: 10, coalesced: 10, delivered: 0 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 10 })
  })
})

describe('--limit', () => {
  it('sends the first changes, holds the others back, and the next run brings them', async () => {
    const world = makeWorld()
    world.people = [ann, ben, { ...ann, id: '3' }]
    expect((await run(world, { limit: 2 })).ledger).toMatchObject({ added: 3, delivered: 2, held_back: 1 })
    expect(world.vendor.requests).toEqual([['2', '1']])
    expect((await run(world)).ledger).toMatchObject({ added: 1, unchanged: 2, delivered: 1 })
  })

  it('balances with --baseline, too', async () => {
    const world = makeWorld()
    world.people = [ann, ben, { ...ann, id: '3' }]
    expect((await run(world, { limit: 2, permission: { baseline: true } })).ledger).toMatchObject({
      coalesced: 2,
      held_back: 1,
    })
  })
})

describe('--rejected-only', () => {
  it('sends rows that were refused or not answered, and no others', async () => {
    const world = await delivered()
    world.people = [
      { ...ann, name: 'Anna' },
      { ...ben, name: 'Benno' },
      { ...ann, id: '3' },
    ]
    world.vendor.faults.set('1', { kind: 'reject' })
    world.vendor.faults.set('2', { kind: 'lost' })
    await run(world, { limit: 2 })
    expect((await run(world, { rejectedOnly: true })).ledger).toMatchObject({
      retry: 2,
      added: 1,
      delivered: 2,
      held_back: 1,
    })
    expect(world.vendor.records.has('3')).toBe(false)
  })
})
