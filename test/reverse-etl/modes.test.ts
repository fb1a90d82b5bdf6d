/** Modes, and what leaving the model means. */
import { describe, expect, it } from 'vitest'
import {
  intents,
  makeWorld,
  openRejects,
  optOut,
  run,
  runRefused,
  snapshot,
  column,
  defaultSync,
  rows,
  type World,
} from './world.ts'
import { sentTo } from './vendor.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: true }
const map = [column('id'), column('name')]

describe('mode update', () => {
  it('never creates: what is absent stays out of the snapshot, is tried again, and is never parked', async () => {
    const world = makeWorld({ sync: { mode: 'update', parkAfter: 1 } })
    world.people = [ann, ben]
    world.vendor.records.set('1', { id: '1' })
    for (let times = 1; times <= 3; times++) {
      const { ledger } = await run(world)
      expect(ledger).toMatchObject(
        times === 1 ? { added: 2, delivered: 1, absent: 1 } : { unchanged: 1, retry: 1, absent: 1, parked: 0 },
      )
      expect(await snapshot(world)).toEqual({ 1: 'accepted Ann' })
      expect([...world.vendor.records.keys()]).toEqual(['1'])
    }
    world.vendor.records.set('2', { id: '2' })
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(world.vendor.records.get('2')).toMatchObject({ name: 'Ben', unsubscribed: true })
  })
})

describe('mode insert', () => {
  it('sends a row once; a change of what is there is ignored, counted once, and no guard asks about it', async () => {
    const world = makeWorld({ sync: { mode: 'insert', map } })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ added: 1, delivered: 1 })
    world.people = [{ ...ann, name: 'Anna' }, ben]
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 0 } } }
    expect((await run(world)).ledger).toMatchObject({ added: 1, changed: 1, delivered: 1, ignored: 1 })
    expect(sentTo(world.vendor, '1')).toEqual([{ id: '1', name: 'Ann' }])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, ignored: 0, delivered: 0 })
  })

  it('sends a row that had no answer, left while that is ignored, and comes back', async () => {
    const world = makeWorld({ sync: { mode: 'insert', map } })
    world.people = [ann, ben]
    // It never reached the vendor.
    world.vendor.faults.set('2', { kind: 'lost' })
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, unknown: 1 })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ removed: 1, ignored: 1 })
    expect(await intents(world)).toEqual([])
    world.people = [ann, ben]
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, added: 1, delivered: 1 })
    expect([...world.vendor.records.keys()]).toEqual(['1', '2'])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('keeps in mind what it ignored: in another mode that is sent', async () => {
    const world = makeWorld({ sync: { mode: 'insert', map } })
    world.people = [ann, ben]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }, ben]
    await run(world)
    world.sync = { ...world.sync, mode: 'upsert' }
    expect((await run(world)).ledger).toMatchObject({ changed: 2, delivered: 1, coalesced: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Anna' })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
    // And back: what stands there is as it was sent.
    world.sync = { ...world.sync, mode: 'insert' }
    expect((await run(world)).ledger).toMatchObject({ changed: 2, coalesced: 2 })
    expect(world.vendor.journal).toHaveLength(3)
  })

  it('lets no guard hold an opt-out that it ignored, once the mode is another one', async () => {
    const world = makeWorld({ sync: { mode: 'insert', map: [...map, optOut('unsubscribed', 'opted_out')] } })
    world.people = [ann, { ...ben, opted_out: false }]
    await run(world)
    world.people = [ann, { ...ben, opted_out: true }]
    await run(world)
    world.sync = { ...world.sync, mode: 'upsert', limits: { ...world.sync.limits, maxChanged: { rows: 0 } } }
    const { ledger, error } = await run(world)
    expect(error).toMatchObject({ code: 'MR-4102' })
    expect(ledger).toMatchObject({ changed: 2, delivered: 1 })
    expect(world.vendor.records.get('2')).toMatchObject({ unsubscribed: true })
  })

  it('removes by the name that it inserted under: a row that comes to name another record is a reject until it does not', async () => {
    const world = makeWorld({
      sync: { mode: 'insert', match: 'email', map: [...map, column('email', 'plan')], onRemoved: { kind: 'delete' } },
    })
    world.people = [{ ...ann, plan: 'ann@x' }]
    await run(world)
    // Of somebody else, whom this sync knows nothing of.
    world.vendor.records.set('anna@x', { name: 'Anna' })
    world.people = [{ ...ann, plan: 'anna@x' }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect((await run(world)).ledger).toMatchObject({ retry: 1, rejected: 1 })
    world.people = []
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect([...world.vendor.records.keys()]).toEqual(['anna@x'])
    expect(await openRejects(world)).toEqual([])
  })

  it('sends what was refused again, as it is then', async () => {
    const world = makeWorld({ sync: { mode: 'insert', map } })
    world.people = [ann]
    world.vendor.faults.set('1', { kind: 'reject' })
    expect((await run(world)).ledger).toMatchObject({ rejected: 1 })
    world.people = [{ ...ann, name: 'Anna' }]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toEqual({ id: '1', name: 'Anna' })
  })
})

describe('on_removed: delete', () => {
  const deleting = (): World => makeWorld({ sync: { onRemoved: { kind: 'delete' } } })

  it('deletes once, by nothing but the name of the record, and counts it as delivered', async () => {
    const world = deleting()
    world.people = [ann, ben]
    await run(world)
    world.people = [ben]
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1, unchanged: 1 })
    expect(world.vendor.journal.at(-1)).toMatchObject({ op: 'delete', key: '1', fields: { id: '1' } })
    expect([...world.vendor.records.keys()]).toEqual(['2'])
    expect((await run(world)).ledger).toMatchObject({ removed: 0, delivered: 0 })
  })

  it.each([
    ['heeds case from now on', 'lower', 'trim'],
    ['heeds case and spaces from now on', 'lower', 'exact'],
    ['no longer heeds case', 'trim', 'lower'],
  ] as const)('deletes nothing whose row stands where the destination %s', async (_, before, after) => {
    const world = deleting()
    const compares = (normalise: 'lower' | 'trim' | 'exact') => ({
      ...world.vendor,
      object: { ...world.vendor.object, match: { id: { normalise } } },
    })
    world.vendor = compares(before)
    world.people = [{ ...ann, id: 'A-1' }, ben, { ...ben, id: 'C-3' }]
    await run(world)
    world.vendor = compares(after)
    world.people = [{ ...ann, id: 'A-1' }, ben]
    // The vendor here finds a record by the key that it was sent with.
    expect((await run(world)).ledger).toMatchObject({ removed: 2, added: 1, delivered: 1, absent: 1 })
    const sent = world.vendor.journal.slice(3).map(({ op, fields }) => `${op} ${String(fields['id'])}`)
    expect(sent.toSorted()).toEqual(['delete C-3', 'upsert A-1'])
    expect((await run(world)).ledger).toMatchObject({ removed: 0, added: 0, unchanged: 2 })
  })

  it('makes a row that returns anew, whole, without a word that opts in', async () => {
    const world = deleting()
    world.people = [ann, ben]
    await run(world)
    world.people = []
    await run(world)
    expect(world.vendor.records.size).toBe(0)
    world.people = [ann, ben]
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 2 })
    expect(Object.fromEntries(world.vendor.records)).toEqual({
      1: { id: '1', name: 'Ann' },
      2: { id: '2', name: 'Ben', unsubscribed: true },
    })
  })

  it('is refused where the object cannot', async () => {
    const world = deleting()
    Object.assign(world.vendor.object, { operations: ['upsert'] })
    world.people = [ann]
    expect((await runRefused(world, 'MR-1209')).message).toContain('on_removed: delete')
  })

  it('that was refused is tried again, and parked like any other', async () => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'delete' }, parkAfter: 2 } })
    world.people = [ann]
    await run(world)
    world.people = []
    world.vendor.faults.set('1', { kind: 'reject', always: true })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, rejected: 1 })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, rejected: 1 })
    expect((await run(world)).ledger).toMatchObject({ removed: 1, parked: 1 })
    expect(world.vendor.journal).toHaveLength(3)
  })
})

describe('opt_out_removal', () => {
  const audience = (): World =>
    makeWorld({
      sync: {
        map,
        onRemoved: { kind: 'delete' },
        optOutRemoval: true,
        parkAfter: 1,
        limits: { maxAdded: { rows: 0 }, maxChanged: { rows: 0 }, maxRemoved: { rows: 0 }, onEmpty: 'stop' },
      },
    })
  const allowed = { maxAdded: { rows: 9 }, maxChanged: { rows: 9 }, maxRemoved: { rows: 9 }, onEmpty: 'stop' } as const

  async function filled(): Promise<World> {
    const world = audience()
    const { limits } = world.sync
    world.people = [ann, ben, { id: '3', name: 'Cleo', opted_out: false }]
    world.sync = { ...world.sync, limits: allowed }
    await run(world)
    world.sync = { ...world.sync, limits }
    return world
  }

  it('goes first, and no guard holds it: everything else waits', async () => {
    const world = await filled()
    world.people = [
      { ...ann, name: 'Anna' },
      { id: '0', name: 'New', opted_out: false },
    ]
    const sent = world.vendor.journal.length
    const { ledger, error } = await run(world)
    expect(error?.code).toMatch(/^MR-410/)
    expect(ledger).toMatchObject({ removed: 2, added: 1, changed: 1, delivered: 2, held_back: 2 })
    expect(world.vendor.journal.slice(sent).map(({ op, key }) => `${op} ${key}`)).toEqual(['delete 2', 'delete 3'])
    world.sync = { ...world.sync, limits: allowed }
    expect((await run(world)).ledger).toMatchObject({ removed: 0, delivered: 2 })
  })

  it('goes even where the model is empty', async () => {
    const world = await filled()
    world.people = []
    const { ledger, error } = await run(world)
    expect(error).toMatchObject({ code: 'MR-4104' })
    expect(ledger).toMatchObject({ removed: 3, delivered: 3 })
    expect(world.vendor.records.size).toBe(0)
  })

  it('comes before new rows, and is never parked', async () => {
    const world = await filled()
    world.sync = { ...world.sync, limits: allowed }
    world.people = [ann, { id: '0', name: 'New', opted_out: false }, ben]
    world.vendor.faults.set('3', { kind: 'reject', always: true })
    const sent = world.vendor.journal.length
    for (let times = 0; times < 4; times++) expect((await run(world)).ledger).toMatchObject({ removed: 1, rejected: 1 })
    expect(world.vendor.journal.slice(sent).map(({ op, key }) => `${op} ${key}`)).toEqual([
      'delete 3',
      'upsert 0',
      'delete 3',
      'delete 3',
      'delete 3',
    ])
    expect(await openRejects(world)).toEqual(['3 4'])
    world.vendor.faults.clear()
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect(await intents(world)).toEqual([])
  })
})

describe('refresh_every', () => {
  const day = 86_400_000
  const later = (days: number) => ({ context: { clock: { now: () => new Date(Date.now() + days * day) } } })

  it('sends a row again once it was accepted longer ago, whole, and counts it as changed', async () => {
    const world = makeWorld({ sync: { refreshEveryMs: 30 * day } })
    world.people = [ann, ben]
    await run(world, later(0))
    expect((await run(world, later(29))).ledger).toMatchObject({ unchanged: 2, changed: 0 })
    // The warehouse says when: its clock is not moved by the test, so the 31st day comes again and again.
    const { ledger } = await run(world, later(31))
    expect(ledger).toMatchObject({ changed: 2, delivered: 2, unchanged: 0 })
    expect(sentTo(world.vendor, '1').at(-1)).toEqual({ id: '1', name: 'Ann' })
    expect(sentTo(world.vendor, '2').at(-1)).toEqual({ id: '2', name: 'Ben', unsubscribed: true })
    expect((await run(world, later(0))).ledger).toMatchObject({ unchanged: 2 })
  })

  it('is nothing that max_changed asks about; real changes are', async () => {
    const world = makeWorld({ sync: { refreshEveryMs: 30 * day } })
    world.people = [ann, ben]
    await run(world)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 0 } } }
    expect((await run(world, later(31))).error).toBeUndefined()
    world.people = [{ ...ann, name: 'Anna' }, ben]
    expect((await run(world, later(31))).error).toMatchObject({ code: 'MR-4102' })
  })

  it('never sends the off value of an opt-out, whatever the sync allows', async () => {
    const world = makeWorld({
      sync: { refreshEveryMs: 30 * day, map: [column('id'), column('name'), { ...optOutAllowed }] },
    })
    world.people = [ben]
    await run(world)
    world.people = [{ ...ben, opted_out: false }]
    await run(world)
    expect(sentTo(world.vendor, '2').at(-1)).toMatchObject({ unsubscribed: false })
    world.vendor.records.set('2', { ...world.vendor.records.get('2'), unsubscribed: true })
    await run(world, later(31))
    expect(sentTo(world.vendor, '2').at(-1)).toEqual({ id: '2', name: 'Ben' })
  })

  it('counts from the last sending: a row that was only found equal is not fresh', async () => {
    const world = makeWorld({ sync: { map } })
    world.people = [{ ...ann, plan: 'Ann' }]
    await run(world)
    await rows(world, `UPDATE _millrace.snapshot_${world.sync.name} SET sent_at = now()::TIMESTAMP - INTERVAL 31 DAY`)
    world.sync = { ...world.sync, map: [column('id'), column('name', 'plan')] }
    expect((await run(world)).ledger).toMatchObject({ changed: 1, coalesced: 1 })
    world.sync = { ...world.sync, refreshEveryMs: 30 * day }
    // The warehouse stamps by its own clock, so these runs have the machine's, too.
    expect((await run(world, later(0))).ledger).toMatchObject({ changed: 1, delivered: 1 })
    expect((await run(world, later(0))).ledger).toMatchObject({ unchanged: 1 })
  })

  it('comes in its time to a row whose columns differ from run to run, and whose payload does not', async () => {
    const world = makeWorld({
      sync: {
        refreshEveryMs: 30 * day,
        map: [column('id'), { ...column('name'), kind: 'column', column: 'name', values: { a: 'A', ä: 'A' } }],
        limits: { ...defaultSync.limits, maxChanged: { rows: 0 } },
      },
    })
    world.people = [{ ...ann, name: 'a' }]
    await run(world, later(0))
    world.people = [{ ...ann, name: 'ä' }]
    expect((await run(world, later(29))).ledger).toMatchObject({ changed: 1, coalesced: 1 })
    world.people = [{ ...ann, name: 'a' }]
    const { ledger, error } = await run(world, later(31))
    expect(ledger).toMatchObject({ changed: 1, delivered: 1 })
    expect(error).toBeUndefined()
  })

  it('counts from the last sending: an opt-in that was withheld is none', async () => {
    const world = makeWorld({ sync: { refreshEveryMs: 30 * day } })
    world.people = [ben]
    await run(world, later(0))
    await rows(world, `UPDATE _millrace.snapshot_${world.sync.name} SET sent_at = now()::TIMESTAMP - INTERVAL 20 DAY`)
    world.people = [{ ...ben, opted_out: false }]
    expect((await run(world, later(0))).ledger).toMatchObject({ changed: 1, held_back: 1 })
    expect((await run(world, later(11))).ledger).toMatchObject({ changed: 1, delivered: 1 })
  })

  it('comes once in its time to a row of which nothing may be sent', async () => {
    const world = makeWorld({ sync: { map: [column('id'), optOut('unsubscribed', 'opted_out')] } })
    world.people = [ann]
    await run(world, later(0))
    await rows(world, `UPDATE _millrace.snapshot_${world.sync.name} SET sent_at = now()::TIMESTAMP - INTERVAL 31 DAY`)
    world.sync = { ...world.sync, refreshEveryMs: 30 * day }
    expect((await run(world, later(0))).ledger).toMatchObject({ changed: 1, held_back: 1 })
    expect((await run(world, later(0))).ledger).toMatchObject({ unchanged: 1 })
  })
})

const optOutAllowed = {
  kind: 'opt_out',
  field: 'unsubscribed',
  column: 'opted_out',
  out: true,
  in: false,
  allowOptIn: true,
  place: { file: '', line: 1, column: 1 },
} as const

describe('parking', () => {
  const states = async (world: World) =>
    (
      await rows(
        world,
        `SELECT key || ' ' || state || ' ' || attempts AS r FROM _millrace.rejects WHERE sync = '${world.sync.name}' AND state <> 'settled' ORDER BY 1`,
      )
    ).map(({ r }) => r)

  it('after so many final refusals of one value it is not sent again, is shown, and goes once the value changes', async () => {
    const world = makeWorld({ sync: { parkAfter: 2 } })
    world.people = [ann]
    world.vendor.faults.set('1', { kind: 'reject', always: true })
    for (let times = 0; times < 2; times++) expect((await run(world)).ledger).toMatchObject({ rejected: 1, parked: 0 })
    for (let times = 0; times < 2; times++) {
      const { ledger, events } = await run(world)
      expect(ledger).toMatchObject({ retry: 1, parked: 1, rejected: 0 })
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'rows.rejected', code: 'PARKED', rows: 1, samples: ['1'] }),
      )
    }
    expect(world.vendor.journal).toHaveLength(2)
    expect(await states(world)).toEqual(['1 parked 2'])
    world.people = [{ ...ann, name: 'Anna' }]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, rejected: 1 })
    expect(await states(world)).toEqual(['1 open 3'])
    world.vendor.faults.clear()
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(await states(world)).toEqual([])
  })

  it('is lifted by --rejected-only, and by the value going back to what was accepted', async () => {
    const world = makeWorld({ sync: { parkAfter: 1 } })
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }]
    world.vendor.faults.set('1', { kind: 'reject', always: true })
    await run(world)
    expect((await run(world)).ledger).toMatchObject({ parked: 1 })
    expect((await run(world, { rejectedOnly: true })).ledger).toMatchObject({ retry: 1, rejected: 1 })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, coalesced: 1 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })

  it('never takes a row that opted out, and none that may be accepted later without anyone changing it', async () => {
    const world = makeWorld({ sync: { parkAfter: 1 } })
    world.people = [ann, ben]
    world.vendor.faults.set('1', { kind: 'reject', always: true, retryable: true })
    world.vendor.faults.set('2', { kind: 'reject', always: true })
    for (let times = 0; times < 4; times++) expect((await run(world)).ledger).toMatchObject({ rejected: 2, parked: 0 })
  })

  it('takes what we refuse ourselves, too', async () => {
    const world = makeWorld({
      sync: {
        parkAfter: 1,
        map: [
          column('id'),
          { kind: 'column', field: 'name', column: 'name', values: { x: 'y' }, place: optOutAllowed.place },
        ],
      },
    })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ rejected: 1 })
    expect((await run(world)).ledger).toMatchObject({ retry: 1, parked: 1 })
  })

  it('is never, where the sync says so', async () => {
    const world = makeWorld({ sync: { parkAfter: null } })
    world.people = [ann]
    world.vendor.faults.set('1', { kind: 'reject', always: true })
    for (let times = 0; times < 4; times++) expect((await run(world)).ledger).toMatchObject({ rejected: 1 })
  })
})

describe('rejects', () => {
  it('are told by reason, with a few keys each, however many they are', async () => {
    const world = makeWorld()
    world.people = Array.from({ length: 30 }, (_, n) => ({ id: `p${n + 10}`, name: 'x', opted_out: false }))
    for (const { id } of world.people)
      world.vendor.faults.set(id ?? '', { kind: 'reject', message: `the address "${id}@x" is not one` })
    world.vendor.faults.set('p39', { kind: 'reject', message: 'blocked' })
    const { events } = await run(world)
    expect(events.filter(({ type }) => type === 'row.rejected')).toHaveLength(6)
    expect(events.filter(({ type }) => type === 'rows.rejected')).toMatchObject([
      { code: 'bad', rows: 29, samples: ['p10', 'p11', 'p12', 'p13', 'p14'] },
      { code: 'bad', rows: 1, message: 'blocked', samples: ['p39'] },
    ])
  })

  it('of hundreds of reasons are all counted: the rarer reasons together, with a few keys', async () => {
    const world = makeWorld()
    const letters = (n: number) => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
    world.people = Array.from({ length: 300 }, (_, n) => ({ id: `p${n + 100}`, name: 'x', opted_out: false }))
    for (const [n, { id }] of world.people.entries())
      world.vendor.faults.set(id ?? '', { kind: 'reject', message: `${letters(n)} is not one` })
    const { events } = await run(world)
    expect(events.filter(({ type }) => type === 'row.rejected')).toHaveLength(205)
    const told = events.filter((event) => event.type === 'rows.rejected')
    expect(told).toHaveLength(201)
    expect(told.at(-1)).toMatchObject({
      code: 'OTHER',
      message: 'other reasons, of which _millrace.rejects has each',
      rows: 100,
      samples: ['p300', 'p301', 'p302', 'p303', 'p304'],
    })
  })
})

describe('--limit', () => {
  it('lets guards see the whole diff, and leaves the rest for the next run', async () => {
    const world = makeWorld({ sync: { limits: { ...makeWorld().sync.limits, maxAdded: { rows: 3 } } } })
    world.people = Array.from({ length: 5 }, (_, n) => ({ id: `${n}`, name: 'x', opted_out: n === 4 }))
    const { error, ledger } = await run(world, { limit: 2 })
    expect(error).toMatchObject({ code: 'MR-4101', message: expect.stringContaining('would add 5 rows') })
    expect(ledger).toMatchObject({ delivered: 1, held_back: 4 })
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxAdded: { rows: 5 } } }
    expect((await run(world, { limit: 2 })).ledger).toMatchObject({ added: 4, delivered: 2, held_back: 2 })
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 2, unchanged: 3 })
  })
})
