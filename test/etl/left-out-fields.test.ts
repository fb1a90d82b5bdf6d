/** What a stream leaves out is left out of its field history. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FieldHistory, OpenedConnector, Stream } from '../../src/connector/contract.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
let connector: OpenedConnector
let history: Vendor
beforeEach(async () => {
  world = openWorld()
  connector = await openVendors({ Title: 'Title', Owner: 'OwnerId' })
})
afterEach(() => world.close())

async function openVendors(tracked: FieldHistory['tracked']): Promise<OpenedConnector> {
  const people = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    columns: {
      Title: 'string',
      OwnerId: 'string',
      born: 'timestamp',
      Whole: 'string',
      First: 'string',
      Last: 'string',
    },
    people: { parts: { Whole: ['First', 'Last'] } },
  })
  people.put(1, { Title: 'Dr', OwnerId: 'U2', born: '2025-01-01T00:00:00Z' })
  people.pass()
  history = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    columns: { person: 'integer', f: 'string', was: 'string', is: 'string' },
    people: {
      name: 'peopleHistory',
      appendOnly: true,
      enumerates: false,
      boundedBy: 'updated_at',
      history: {
        of: 'people',
        record: 'person',
        field: 'f',
        from: 'was',
        to: 'is',
        at: 'updated_at',
        by: 'person',
        createdAt: 'born',
        tracked,
        otherNames: { ownerAssignment: 'Owner' },
      },
    },
  })
  change(1, 'Title', 'Mr', 'Dr')
  change(2, 'Owner', 'U0', 'U1')
  change(3, 'ownerAssignment', 'U1', 'U2')
  change(4, 'created', null, null)
  return together(people, history)
}

function change(id: number, f: string, was: string | null, is: string | null): void {
  history.put(id, { person: 1, f, was, is })
  history.pass()
}

async function together(...vendors: readonly Vendor[]): Promise<OpenedConnector> {
  const [first] = vendors
  if (!first) throw new Error('no vendor')
  const streams: Stream[] = []
  for (const each of vendors)
    streams.push(...((await each.connector.streams?.({ signal: AbortSignal.timeout(1000) })) ?? []))
  return {
    ...first.connector,
    now: () => Promise.resolve(new Date('2026-02-01T00:00:00Z')),
    streamNames: () => Promise.resolve(streams.map(({ name }) => name)),
    streams: () => Promise.resolve(streams),
  }
}

const run = async (people: NonNullable<RunOptions['streams']>[number], rest: RunOptions = {}) => {
  const ran = await world.run(connector, { ...rest, streams: [{ ...people, fieldHistory: true }] })
  expect(ran.errors).toEqual([])
  const told = ran.events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
  return { report: ran.streams['peopleHistory'], told: told.filter((message) => message.startsWith('peopleHistory')) }
}
const loaded = async () => (await world.rows('SELECT f FROM crm.people_history ORDER BY id')).map(({ f }) => f)
const shown = async () =>
  (await world.rows('SELECT DISTINCT field FROM crm.people_field_history ORDER BY field')).map(({ field }) => field)

describe('the history of a stream', () => {
  test.each([
    ['exclude', { exclude: ['OwnerId'] }],
    ['include', { include: ['Title'] }],
  ])('has no rows of fields that its %s leaves out, by no name that it has for them', async (_, people) => {
    const { report, told } = await run(people)
    expect(await loaded()).toEqual(['Title', 'created'])
    expect(await shown()).toEqual(['Title', 'created'])
    expect(report).toMatchObject({ read: 4, counted: 4, inserted: 2, filtered: 2 })
    expect(told).toEqual([])
    const rejected = await world.rows(`SELECT * FROM _millrace.rejects`)
    expect(rejected).toEqual([])
  })

  test('has them left out where rows are read again, and where some of them are refused', async () => {
    history.show = ({ at, items: _items, ...row }) => ({
      ...row,
      updated_at: new Date(at).toISOString(),
      ...(row.id > 2 && { person: 'nobody' }),
    })
    const { report } = await run({ exclude: ['OwnerId'] })
    expect(report).toMatchObject({ read: 4, inserted: 1, filtered: 2, rejected: 1 })
    expect(await world.rows('SELECT key FROM _millrace.rejects')).toEqual([{ key: '4' }])
    expect((await run({ exclude: ['OwnerId'] }, { fullRefresh: true })).report).toMatchObject({ read: 4, filtered: 2 })
  })

  test('that was loaded with them shows them no more, and it is told once how they go', async () => {
    expect((await run({})).told).toEqual([])
    expect(await loaded()).toEqual(['Title', 'Owner', 'ownerAssignment', 'created'])
    const { told } = await run({ exclude: ['OwnerId'] })
    expect(told).toEqual([
      expect.stringContaining('people leaves out OwnerId: rows that were loaded of it before stay'),
    ])
    expect(await shown()).toEqual(['Title', 'created'])
    const way = / {2}(delete from .*)$/.exec(told[0] ?? '')?.[1]
    await world.rows(`${way} RETURNING 1`)
    expect(await loaded()).toEqual(['Title', 'created'])
    expect((await run({ exclude: ['OwnerId'] })).told).toEqual([])
  })

  test('that comes back to them says that older rows are not there, and a full refresh brings them', async () => {
    await run({ include: ['Title'] })
    expect((await run({ include: ['Title', 'OwnerId'] })).told).toEqual([
      expect.stringContaining('people left out OwnerId before: older rows of it are not there'),
    ])
    expect((await run({}, { fullRefresh: true })).told).toEqual([])
    expect(await loaded()).toEqual(['Title', 'Owner', 'ownerAssignment', 'created'])
  })

  test('of which nobody says what is tracked is told all the same', async () => {
    const streams = (await connector.streams?.({ signal: AbortSignal.timeout(1000) })) ?? []
    const untold = streams.map((stream) =>
      stream.history ? { ...stream, history: { ...stream.history, tracked: {}, names: { Owner: 'OwnerId' } } } : stream,
    )
    connector = { ...connector, streams: () => Promise.resolve(untold) }
    await run({})
    const { told } = await run({ include: ['Title'] })
    expect(told).toEqual([expect.stringMatching(/people leaves out .*OwnerId.* in \(.*'Owner', 'ownerAssignment'/)])
    expect(await shown()).toEqual(['Title', 'created'])
  })

  test('has them left out of a generation, too, where nothing is left to tell', async () => {
    await run({})
    const both = { streams: [{ exclude: ['OwnerId'] }, { name: 'peopleHistory', mode: 'full_refresh' as const }] }
    const ran = await world.run(connector, both)
    expect(ran.errors).toEqual([])
    expect(ran.events.filter(({ type }) => type === 'run.warning')).toEqual([])
    expect(await loaded()).toEqual(['Title', 'created'])
  })

  describe('of a whole’s parts', () => {
    beforeEach(async () => {
      connector = await openVendors({ Title: 'Title', Owner: 'OwnerId', First: 'First', Last: 'Last' })
      change(5, 'First', 'An', 'Ann')
      change(6, 'Last', 'Ax', 'Ay')
    })

    test.each([
      ['is loaded', { include: ['Whole'] }, ['First', 'Last', 'created']],
      ['is loaded, but not one of them', { include: ['Whole'], exclude: ['Last'] }, ['First', 'created']],
      ['is masked', { include: ['Whole'], mask: { Whole: 'redact' as const } }, ['created']],
      ['is left out', { include: ['Title'] }, ['Title', 'created']],
      ['is left out, and one of them is not', { include: ['Last'], exclude: ['Whole'] }, ['Last', 'created']],
    ])('has those that come with it where the whole %s', async (_, people, fields) => {
      expect((await run(people)).told).toEqual([])
      expect(new Set(await loaded())).toEqual(new Set(fields))
      expect(await shown()).toEqual(fields)
      expect((await run(people)).told).toEqual([])
    })

    test('says what goes with the whole, and what comes back with it', async () => {
      await run({ include: ['Whole'] })
      expect((await run({ include: ['Title'] })).told).toEqual([
        expect.stringContaining('people leaves out First, Last: rows'),
        expect.stringContaining('people left out Title before'),
      ])
      expect((await run({ include: ['Title', 'Whole'] })).told).toEqual([
        expect.stringContaining('people left out First, Last before: older rows of it are not there'),
      ])
    })
  })

  test('loaded by itself has all its rows', async () => {
    await world.run(connector, { streams: [{ name: 'peopleHistory' }] })
    expect(await loaded()).toHaveLength(4)
  })

  test('that came in the clear says once which fields a mask was too late for, and how it goes', async () => {
    await run({})
    const mask = { OwnerId: 'sha256', Title: 'redact' } as const
    expect((await run({ mask })).told).toEqual([
      expect.stringMatching(
        /^peopleHistory: .*OwnerId, Title of rows that were loaded before stand in the table unmasked.* drop table crm\.people_history;/,
      ),
    ])
    expect((await run({ mask })).told).toEqual([])
    const clear = async () =>
      await world.rows(`SELECT field FROM crm.people_field_history WHERE to_value IN ('Mr', 'U1')`)
    expect(await clear()).toHaveLength(2)
    expect((await run({ mask }, { fullRefresh: true })).told).toEqual([])
    expect(await clear()).toEqual([])
    expect((await run({ mask: { Title: 'redact' } })).told).toEqual([
      expect.stringContaining('OwnerId of rows that were loaded before stay masked'),
    ])
  })

  test('is not said to be in the clear where nobody knows how it was loaded, nor of fields that it had no rows of', async () => {
    await run({ exclude: ['OwnerId'] })
    expect((await run({ mask: { OwnerId: 'redact' } })).told).toEqual([
      expect.stringContaining('people left out OwnerId before'),
    ])
    await world.rows(
      `UPDATE _millrace.cursors SET marks = json_merge_patch(marks, '{"asked": {"valueMasks": null}}') RETURNING 1`,
    )
    expect((await run({ mask: { OwnerId: 'redact', Title: 'redact' } })).told).toEqual([])
  })

  test('has its values masked where a backfill reads them alone, too', async () => {
    const options: RunOptions = { streams: [{ mask: { OwnerId: 'redact' }, fieldHistory: true }] }
    await run({ mask: { OwnerId: 'redact' } })
    history.put(2, { is: 'U9' })
    const range = { from: '2026-01-01T00:00:00Z', to: null, column: 'is', streams: ['peopleHistory'] }
    expect((await world.backfill(connector, range, options))?.errors).toEqual([])
    expect(await world.rows('SELECT DISTINCT "is" AS v FROM crm.people_history WHERE f LIKE \'%wner%\'')).toEqual([
      { v: '***' },
    ])
  })
})
