/** A vendor's job that outlives its run: the next one adopts it, or ends it, before it sends anything (promises 4 and 5). */
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SettleContext, WriteContext } from '../../src/connector/destination.ts'
import type { Change, WriteResult } from '../../src/model/change.ts'
import type { Json } from '../../src/model/json.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { jobObject, makeVendor } from './vendor.ts'
import {
  dyingWarehouse,
  intents,
  makeWorld,
  openRejects,
  rows,
  run,
  runRefused,
  runUntilKilled,
  snapshot,
} from './world.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: true }

function jobWorld() {
  const vendor = makeVendor()
  Object.assign(vendor.object, jobObject(vendor))
  const asked: { readonly receipt: Json; readonly keys: readonly string[] | null }[] = []
  const settle = vendor.object.settle
  Object.assign(vendor.object, {
    settle: async (receipt: Json, context: SettleContext): Promise<readonly WriteResult[]> => {
      asked.push({ receipt, keys: context.changes?.map(({ key }) => key) ?? null })
      return (await settle?.(receipt, context)) ?? []
    },
  })
  const world = makeWorld({ vendor })
  world.people = [ann, ben]
  return { world, asked }
}

/** Killed once the receipt is on the intents, before the job begins; or once it has run and nobody has heard. */
const deaths = [
  ['before its job began', { purpose: 'receipt', when: 'after' }],
  ['when its job was done and its answers were in the journal', { purpose: 'acknowledge', when: 'before' }],
] as const

const killed = async (world: ReturnType<typeof jobWorld>['world'], at: (typeof deaths)[number][1]) =>
  runUntilKilled(world, (die) => ({ context: { warehouse: dyingWarehouse(world.warehouse, at, die) } }))

const receiptsOf = async (world: ReturnType<typeof jobWorld>['world']) =>
  (
    await rows(world, `SELECT DISTINCT receipt::VARCHAR AS r FROM _millrace.intents WHERE sync = '${world.sync.name}'`)
  ).map(({ r }) => r)

describe('a receipt', () => {
  it('means that reading back says nothing: what is not there today the job may write tomorrow', async () => {
    const vendor = makeVendor()
    let asked = 0
    Object.assign(vendor.object, jobObject(vendor), {
      async write(changes: readonly unknown[], context: { readonly saveReceipt: (receipt: Json) => Promise<void> }) {
        await context.saveReceipt({ id: 'slow' })
        return changes.map(() => ({ outcome: 'unknown' as const }))
      },
      readBack: () => {
        asked++
        return Promise.resolve([])
      },
      settle: () => Promise.resolve([]),
    })
    const world = makeWorld({ vendor })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ unknown: 1 })
    expect(asked).toBe(0)
  })

  it('stands on the intents of its rows before the job begins', async () => {
    const { world } = jobWorld()
    await killed(world, deaths[0][1])
    expect(await receiptsOf(world)).toEqual(['{"id":"job-1"}'])
    expect(world.vendor.records.size).toBe(0)
  })

  it.each(deaths)('of a run that died %s: its answers are committed, and nothing is sent again', async (_when, at) => {
    const { world, asked } = jobWorld()
    await killed(world, at)
    const { ledger, events } = await run(world)
    expect(ledger).toMatchObject({ unchanged: 2, retry: 0, delivered: 0 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
    expect(await intents(world)).toEqual([])
    expect(world.vendor.journal).toHaveLength(2)
    expect(asked).toEqual(at.purpose === 'receipt' ? [{ receipt: { id: 'job-1' }, keys: ['2', '1'] }] : [])
    expect(events).toContainEqual(expect.objectContaining({ type: 'run.takeover', from_run: `${world.sync.name}-1` }))
    expect(readdirSync(world.spoolDir)).toEqual([])
  })

  it('whose run died is adopted though somebody else was forgotten since: nothing is sent twice', async () => {
    const { world } = jobWorld()
    await killed(world, deaths[0][1])
    await world.warehouse.session({ runId: 'forget', purpose: 'forget' }, ({ upkeep }) =>
      upkeep.eraseKey({ sync: world.sync.name, key: '9', keepHash: false }),
    )
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, retry: 0, delivered: 0 })
    expect(world.vendor.requests).toEqual([['2', '1']])
  })

  it('of a job that left one row without an answer does not bring back another that was answered, and forgotten since', async () => {
    const { world } = jobWorld()
    world.vendor.faults.set('1', { kind: 'unknown' })
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, unknown: 1 })
    world.people = [ann]
    await world.warehouse.session({ runId: 'forget', purpose: 'forget' }, ({ upkeep }) =>
      upkeep.eraseKey({ sync: world.sync.name, key: '2', keepHash: false }),
    )
    await run(world)
    expect(Object.keys(await snapshot(world))).toEqual(['1'])
    expect(
      await rows(world, `SELECT key FROM _millrace.changes WHERE sync = '${world.sync.name}' AND key = '2'`),
    ).toEqual([])
  })

  it('whose job outlives its run is adopted with its rows by the next one, and nothing is sent twice', async () => {
    const { world, asked } = jobWorld()
    const { write } = world.vendor.object
    Object.assign(world.vendor.object, {
      write: async (changes: readonly Change[], { saveReceipt }: WriteContext): Promise<never> => {
        world.vendor.jobs.set('job-1', { changes, results: null })
        await saveReceipt({ id: 'job-1' })
        throw new MillraceError('MR-3007', { message: 'job-1 is not over after 6 s' })
      },
    })
    await runRefused(world, 'MR-3007')
    Object.assign(world.vendor.object, { write })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, retry: 0, delivered: 0 })
    expect(asked).toEqual([{ receipt: { id: 'job-1' }, keys: ['2', '1'] }])
    expect(world.vendor.requests).toEqual([['2', '1']])
    expect(await intents(world)).toEqual([])
    expect(readdirSync(world.spoolDir)).toEqual([])
  })

  it('whose job refused a row leaves that row’s reject, and the other delivered', async () => {
    const { world } = jobWorld()
    await killed(world, deaths[0][1])
    world.vendor.faults.set('1', { kind: 'reject', always: true })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, rejected: 1 })
    expect(await openRejects(world)).toEqual(['1 2'])
  })

  it('whose job refused a row and may hold a part of it all the same leaves that row’s intent open', async () => {
    const { world } = jobWorld()
    await killed(world, deaths[0][1])
    world.vendor.faults.set('1', { kind: 'reject', taken: true })
    world.people = [ben]
    world.sync = { ...world.sync, onRemoved: { kind: 'delete' } }
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, removed: 1, delivered: 1 })
    expect([...world.vendor.records.keys()]).toEqual(['2'])
  })

  it('of a run on another machine ends the job, and its rows are sent as they are now', async () => {
    const { world, asked } = jobWorld()
    await killed(world, deaths[0][1])
    const elsewhere = { ...world, people: [{ ...ann, name: 'Anna' }, ben], spoolDir: `${world.spoolDir}-2`, runs: 10 }
    expect((await run(elsewhere)).ledger).toMatchObject({ retry: 2, delivered: 2 })
    expect(asked).toEqual([{ receipt: { id: 'job-1' }, keys: null }])
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Anna' })
    expect(await intents(world)).toEqual([])
  })

  it('whose job can neither be read nor stopped keeps everything from going, until it can', async () => {
    const { world } = jobWorld()
    await killed(world, deaths[0][1])
    const { settle } = world.vendor.object
    Object.assign(world.vendor.object, {
      settle: () => Promise.reject(new MillraceError('MR-3002', { message: 'the vendor is away' })),
    })
    await runRefused(world, 'MR-3002')
    expect(world.vendor.journal).toEqual([])
    expect(await receiptsOf(world)).toEqual(['{"id":"job-1"}'])
    Object.assign(world.vendor.object, { settle })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('is kept for the account that the job was begun in: another one is not asked', async () => {
    const { world, asked } = jobWorld()
    await killed(world, deaths[0][1])
    await runRefused(world, 'MR-4004', { account: 'account-2' })
    const elsewhere = { ...world, spoolDir: `${world.spoolDir}-2`, sync: { ...world.sync, destination: 'other' } }
    await runRefused(elsewhere, 'MR-4004')
    expect(asked).toEqual([])
    expect(await receiptsOf(world)).toEqual(['{"id":"job-1"}'])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, delivered: 0 })
    expect(asked).toEqual([{ receipt: { id: 'job-1' }, keys: ['2', '1'] }])
  })

  it('of an object that settles no more keeps everything from going, in words', async () => {
    const { world } = jobWorld()
    await killed(world, deaths[0][1])
    const { settle } = world.vendor.object
    Object.assign(world.vendor.object, { settle: undefined })
    const error = await runRefused(world, 'MR-1401')
    expect(error.message).toContain(`run ${world.sync.name}-1 began a job at the destination`)
    expect(await receiptsOf(world)).toEqual(['{"id":"job-1"}'])
    Object.assign(world.vendor.object, { settle })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('is not saved, and its job does not begin, where another run has taken over', async () => {
    const { world } = jobWorld()
    let taken = false
    const own = world.vendor.object.write
    Object.assign(world.vendor.object, {
      write: async (...args: Parameters<typeof own>) => {
        if (!taken) {
          taken = true
          await run({ ...world, spoolDir: `${world.spoolDir}-2`, runs: 10 })
        }
        return own(...args)
      },
    })
    const { error } = await run(world)
    expect(error).toMatchObject({ code: 'MR-2005' })
    expect(world.vendor.journal).toHaveLength(2)
  })

  it('of an object that cannot settle is refused: nobody could ever end its job', async () => {
    const { world } = jobWorld()
    Object.assign(world.vendor.object, { settle: undefined })
    expect((await run(world)).error).toMatchObject({ code: 'MR-1401' })
    expect(world.vendor.journal).toEqual([])
  })

  it('whose answers cannot be written down is told as what it is, and asked for once more', async () => {
    const { world, asked } = jobWorld()
    await killed(world, deaths[0][1])
    const [left = ''] = readdirSync(world.spoolDir)
    const inItsPlace = join(world.spoolDir, left, 'settled-0.ndjson')
    mkdirSync(inItsPlace)
    const error = await runRefused(world, 'MR-2008')
    expect(world.vendor.records.size).toBe(2)
    expect(error.message).toContain('writing down what became of a job')
    expect(error.kept).toContain('The job is over at the destination')
    rmdirSync(inItsPlace)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, delivered: 0 })
    expect(asked).toHaveLength(2)
  })
})
