/** What a run that died, or came too late, leaves to the next one (promises 4 and 5). */
import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/model/change.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { Session, Warehouse } from '../../src/warehouse/port.ts'
import {
  dyingWarehouse,
  intents,
  makeWorld,
  openRejects,
  openWarehouse,
  run,
  runUntilKilled,
  snapshot,
  type World,
} from './world.ts'
import { makeVendor } from './vendor.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: false }
const cleo = { id: '3', name: 'Cleo', opted_out: true }
const dan = { id: '4', name: 'Dan', opted_out: false }

/** Where a run may die, with what the vendor and the warehouse know then. */
const deaths: readonly {
  readonly point: string
  readonly taken: boolean
  readonly kill: (world: World) => Promise<void>
}[] = [
  {
    point: 'when its intents are committed and nothing is sent',
    taken: false,
    kill: (world) => dieAt(world, 'diff', 'after'),
  },
  { point: 'just before its request reaches the vendor', taken: false, kill: (world) => dieIn(world, 'before') },
  {
    point: 'when the vendor has taken a request and the answer is on its way',
    taken: true,
    kill: (world) => dieIn(world, 'after'),
  },
  { point: 'when the answers are in the journal', taken: true, kill: (world) => dieAt(world, 'acknowledge', 'before') },
  {
    point: 'when the answers are committed and the journal still stands',
    taken: true,
    kill: (world) => dieAt(world, 'acknowledge', 'after'),
  },
]

const dieAt = (world: World, purpose: string, when: 'before' | 'after') =>
  runUntilKilled(world, (die) => ({ context: { warehouse: dyingWarehouse(world.warehouse, { purpose, when }, die) } }))

const dieIn = (world: World, when: 'before' | 'after') =>
  runUntilKilled(world, () => {
    world.vendor.faults.set('1', { kind: 'die', when })
  })

describe.each(deaths)('after a run that died $point', ({ kill, taken }) => {
  it('the next run ends with vendor and snapshot as the model says, and the one after sends nothing', async () => {
    const world = makeWorld({ warehouse: openWarehouse() })
    world.people = [ann, ben]
    await kill(world)
    expect(world.vendor.records.has('1')).toBe(taken)
    await run(world)
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann' })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
    expect(await intents(world)).toEqual([])
    const sent = world.vendor.journal.length
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, delivered: 0 })
    expect(world.vendor.journal).toHaveLength(sent)
    expect(readdirSync(world.spoolDir)).toEqual([])
  })

  it('a model that moved back is sent all the same where nobody knows what arrived', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }, ben]
    await kill(world)
    world.people = [ann, ben]
    await run(world)
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann' })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('a row that left is removed where it may have arrived', async () => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'set', values: { plan: 'gone' } } } })
    world.people = [ann, ben]
    await kill(world)
    world.people = [ben]
    await run(world)
    expect(world.vendor.records.get('1')?.['plan']).toBe(taken ? 'gone' : undefined)
    expect(await intents(world)).toEqual([])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, removed: 0 })
  })
})

describe('answers in the journal of a dead run', () => {
  it('are committed by the next run, which does not send them again', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    world.vendor.faults.set('2', { kind: 'reject', always: true })
    await dieAt(world, 'acknowledge', 'before')
    expect(await snapshot(world)).toEqual({})
    world.vendor.faults.clear()
    const { ledger, events } = await run(world)
    expect(ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(world.vendor.journal.map(({ key }) => key)).toEqual(['1', '2', '2'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'run.takeover', from_run: `${world.sync.name}-1` }))
  })

  it('are read up to a torn last line, and that row is sent again', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    world.vendor.faults.set('2', { kind: 'lost' })
    await dieAt(world, 'acknowledge', 'before')
    appendFileSync(
      join(world.spoolDir, `${world.sync.name}-1`, 'answers-1.ndjson'),
      '{"key":"2","op":"upsert","status":"deliv',
    )
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
  })

  it('only reopen intents once somebody else has taken over', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    await dieAt(world, 'acknowledge', 'before')
    // Somebody on another machine, without this journal, sends the truth of then.
    world.people = [{ ...ann, name: 'Anna' }, ben]
    const elsewhere = { ...world, spoolDir: `${world.spoolDir}-elsewhere`, runs: 10 }
    await run(elsewhere)
    expect(await intents(world)).toEqual([])
    const { ledger } = await run(world)
    expect(ledger).toMatchObject({ retry: 2, delivered: 2 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Anna', 2: 'accepted Ben' })
  })

  it('are forgotten with the state: a reset on another machine leaves them, and they name nothing in the next account', async () => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'delete' } } })
    world.people = [ann, ben]
    await dieAt(world, 'acknowledge', 'before')
    await world.warehouse.session({ runId: 'reset', purpose: 'reset' }, (session) =>
      session.state.reset(world.sync.name, null),
    )
    world.vendor = makeVendor()
    world.vendor.records.set('2', { id: '2', name: 'theirs' })
    world.people = [ann]
    const { ledger } = await run(world, { account: 'account-2', permission: { firstRun: true } })
    expect(ledger).toMatchObject({ added: 1, removed: 0, delivered: 1 })
    expect(world.vendor.records.get('2')).toEqual({ id: '2', name: 'theirs' })
    expect(readdirSync(world.spoolDir)).toEqual([])
  })

  it('of a run whose header a kill tore, or that had none, are not there: the next run clears them away', async () => {
    const world = makeWorld()
    world.people = [ann]
    for (const [name, files] of [
      ['torn', { 'journal.json': '{"fence":{"sync":"p"}', 'changes.ndjson': '{}' }],
      ['none', { 'changes.ndjson': '{}' }],
    ] as const) {
      mkdirSync(join(world.spoolDir, name), { recursive: true })
      for (const [file, text] of Object.entries(files)) writeFileSync(join(world.spoolDir, name, file), text)
    }
    expect((await run(world)).ledger).toMatchObject({ added: 1, delivered: 1 })
    expect(readdirSync(world.spoolDir)).toEqual([])
  })
})

describe('answers that cannot be committed now', () => {
  it('stay in the journal, and the next run commits them without sending them again', async () => {
    const world = makeWorld()
    world.people = [ann, ben, cleo, dan]
    const { error, ledger } = await run(world, { context: { warehouse: failingOn(world.warehouse, 'acknowledge') } })
    expect(error).toMatchObject({ code: 'MR-2002' })
    expect(ledger).toMatchObject({ delivered: 4 })
    expect(await snapshot(world)).toEqual({})
    expect((await run(world)).ledger).toMatchObject({ unchanged: 4, delivered: 0 })
    expect(world.vendor.journal).toHaveLength(4)
    expect(existsSync(join(world.spoolDir, `${world.sync.name}-1`))).toBe(false)
  })

  it('do not stop answers that are on their way from being kept', async () => {
    const world = makeWorld({ vendor: makeVendor({ concurrency: 4, batch: { rows: 1, bytes: 1000 } }) })
    world.people = [ann, ben, cleo, dan]
    // All four are in flight when the first commit fails.
    let reached = 0
    let release: () => void = () => undefined
    const all = new Promise<void>((resolve) => (release = resolve))
    world.vendor.beforeWrite = async () => {
      if (++reached === 4) release()
      await all
    }
    await run(world, { context: { warehouse: failingOn(world.warehouse, 'acknowledge'), acknowledgeRows: 1 } })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 4, delivered: 0 })
  })
})

describe('a run that finds its lease lost', () => {
  it('before it has compared anything writes nothing: its state may have been forgotten meanwhile', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    const { error } = await run(world, { context: { holdsLease: () => Promise.resolve(false) } }).catch(
      (thrown: unknown) => ({ error: thrown }),
    )
    expect(error).toMatchObject({ code: 'MR-2005' })
    expect(await intents(world)).toEqual([])
    expect(
      await world.warehouse.session({ runId: 'look', purpose: 'look' }, (s) => s.upkeep.has(world.sync.name)),
    ).toBe(false)
  })

  it('behind a reset that came as it looked at what there is writes nothing into the state, which was forgotten', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    await run(world)
    let isReset = false
    const session: Warehouse['session'] = (request, work) =>
      world.warehouse.session(request, (own) => {
        const takeFence: Session['state']['takeFence'] = async (...args) => {
          await own.state.reset(world.sync.name, null)
          isReset = true
          return own.state.takeFence(...args)
        }
        return work({ ...own, state: { ...own.state, takeFence } })
      })
    const { error } = await run(world, {
      context: { holdsLease: () => Promise.resolve(!isReset), warehouse: { ...world.warehouse, session } },
    }).catch((thrown: unknown) => ({ error: thrown }))
    expect(error).toMatchObject({ code: 'MR-2005' })
    expect(await intents(world)).toEqual([])
    expect(
      await world.warehouse.session({ runId: 'look', purpose: 'look' }, (s) => s.upkeep.has(world.sync.name)),
    ).toBe(false)
  })

  it('sends nothing more, and leaves its intents open', async () => {
    const world = makeWorld()
    world.people = [ann, ben, cleo, dan]
    let asked = 0
    const { error, ledger } = await run(world, { context: { holdsLease: () => Promise.resolve(++asked <= 3) } })
    expect(error).toMatchObject({ code: 'MR-2005' })
    expect(world.vendor.requests).toEqual([['3', '1', '2']])
    expect(ledger).toMatchObject({ delivered: 3, unknown: 1 })
    expect(await intents(world)).toEqual(['4 upsert'])
  })

  it('is asked before each half of a request that was refused, too', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    world.vendor.faults.set('2', { kind: 'refuse_request' })
    let asked = 0
    const { error } = await run(world, { context: { holdsLease: () => Promise.resolve(++asked <= 3) } })
    expect(error).toMatchObject({ code: 'MR-2005' })
    expect(world.vendor.requests).toEqual([['1', '2']])
    expect(await intents(world)).toEqual(['1 upsert', '2 upsert'])
  })

  it('says why, though its connector took the refusal of its last request for a lost answer', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    const lost = new AbortController()
    const { write } = world.vendor.object
    Object.assign(world.vendor.object, {
      write: (changes: readonly Change[]) => {
        lost.abort(new MillraceError('MR-2005', { message: 'the lease is lost: it could not be renewed in time' }))
        return Promise.resolve(changes.map(({ key }) => ({ outcome: key === '1' ? 'ok' : 'unknown' })))
      },
    })
    const { error, ledger } = await run(world, { context: { lost: lost.signal } })
    expect(error).toMatchObject({
      code: 'MR-2005',
      message: `Run ${world.sync.name}-1 no longer holds person: the lease is lost: it could not be renewed in time.`,
    })
    expect(ledger).toMatchObject({ delivered: 1, unknown: 1 })
    expect(await intents(world)).toEqual(['2 upsert'])
    Object.assign(world.vendor.object, { write })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
  })

  it('has rows removed again that it may have brought back late', async () => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'set', values: { plan: 'gone' } } } })
    world.people = [ann, ben]
    let isTaken = false
    world.vendor.beforeWrite = async () => {
      world.vendor.beforeWrite = () => Promise.resolve()
      isTaken = true
      // Ben was never accepted, and the other run finds him gone from the model.
      expect((await run({ ...world, people: [ann], runs: 10 })).ledger).toMatchObject({ removed: 1, absent: 1 })
    }
    await run(world, { context: { holdsLease: () => Promise.resolve(!isTaken) } })
    expect(world.vendor.records.get('2')).toMatchObject({ name: 'Ben' })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, removed: 1, delivered: 2 })
    expect(world.vendor.records.get('2')).toMatchObject({ plan: 'gone' })
  })

  it('is stopped by the fence even where its lease seems to hold and its journal stands', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    world.vendor.beforeWrite = async () => {
      world.vendor.beforeWrite = () => Promise.resolve()
      const elsewhere = { ...world, people: [{ ...ann, name: 'Anna' }, ben], spoolDir: `${world.spoolDir}-2`, runs: 10 }
      expect((await run(elsewhere)).ledger).toMatchObject({ delivered: 2 })
    }
    const { error } = await run(world)
    expect(error).toMatchObject({
      code: 'MR-2005',
      message: expect.stringContaining(`run ${world.sync.name}-11 has taken over`),
    })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Anna', 2: 'accepted Ben' })
    expect(await intents(world)).toEqual(['1 upsert', '2 upsert'])
    expect(readdirSync(world.spoolDir)).toEqual([])
  })

  it('commits nothing over the run that took over, and reopens what it may have sent late', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    // While its request is on the way, another run takes over, sends the truth of then, and is done.
    let isTaken = false
    world.vendor.beforeWrite = async () => {
      world.vendor.beforeWrite = () => Promise.resolve()
      isTaken = true
      const other = { ...world, people: [{ ...ann, name: 'Anna' }, ben], runs: 10 }
      expect((await run(other)).ledger).toMatchObject({ delivered: 2 })
      expect(await intents(world)).toEqual([])
    }
    const { error } = await run(world, { context: { holdsLease: () => Promise.resolve(!isTaken) } })
    expect(error).toMatchObject({ code: 'MR-2005' })
    // The late request has overwritten the name.
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann' })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Anna', 2: 'accepted Ben' })
    expect(await intents(world)).toEqual(['1 upsert', '2 upsert'])
    world.people = [{ ...ann, name: 'Anna' }, ben]
    expect((await run(world)).ledger).toMatchObject({ retry: 2, delivered: 2 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Anna' })
    expect(await openRejects(world)).toEqual([])
  })
})

function failingOn(warehouse: Warehouse, purpose: string): Warehouse {
  return {
    ...warehouse,
    session: (request, work) =>
      request.purpose.startsWith(purpose)
        ? Promise.reject(new MillraceError('MR-2002', { message: 'the file is open in a shell' }))
        : warehouse.session(request, work),
  }
}
