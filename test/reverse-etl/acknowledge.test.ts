import { describe, expect, it } from 'vitest'
import type { WriteContext } from '../../src/connector/destination.ts'
import type { Change, WriteResult } from '../../src/model/change.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { column, intents, makeWorld, openRejects, optOut, rows, run, snapshot, type World } from './world.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: false }
const cleo = { id: '3', name: 'Cleo', opted_out: true }

describe('what the destination says', () => {
  it('enters the snapshot row by row, and a second run sends nothing', async () => {
    const world = makeWorld()
    world.people = [ann, ben, cleo]
    const intended: (readonly string[])[] = []
    world.vendor.beforeWrite = async () => void intended.push(await intents(world))
    const first = await run(world)
    expect(intended).toEqual([['1 upsert', '2 upsert', '3 upsert']])
    expect(first.ledger).toMatchObject({ model_rows: 3, added: 3, delivered: 3 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben', 3: 'accepted Cleo' })
    expect(await intents(world)).toEqual([])
    const second = await run(world)
    expect(second.ledger).toMatchObject({ model_rows: 3, unchanged: 3, delivered: 0 })
    expect(world.vendor.journal).toHaveLength(3)
  })

  it('keeps a rejected row out of the snapshot, and tries it again every run until it is accepted', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    world.vendor.faults.set('2', { kind: 'reject', always: true })
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 1, rejected: 1 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann' })
    expect(await openRejects(world)).toEqual(['2 1'])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, rejected: 1 })
    expect(await openRejects(world)).toEqual(['2 2'])
    world.vendor.faults.clear()
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(await openRejects(world)).toEqual([])
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann', 2: 'accepted Ben' })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('keeps when a row was refused for the first time', async () => {
    const world = makeWorld()
    world.people = [ann]
    world.vendor.faults.set('1', { kind: 'reject', always: true })
    await run(world)
    const [first] = await rows(
      world,
      `SELECT first_at::VARCHAR AS first_at FROM _millrace.rejects WHERE sync = '${world.sync.name}' AND state = 'open'`,
    )
    await run(world)
    const [second] = await rows(
      world,
      `SELECT first_at::VARCHAR AS first_at, last_at > first_at AS later FROM _millrace.rejects WHERE sync = '${world.sync.name}' AND state = 'open'`,
    )
    expect(second).toEqual({ first_at: first?.['first_at'], later: 'true' })
  })

  it('settles a reject whose row goes back to what was accepted, without sending it', async () => {
    const world = makeWorld()
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }]
    world.vendor.faults.set('1', { kind: 'reject' })
    await run(world)
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, coalesced: 1 })
    expect(world.vendor.journal).toHaveLength(2)
    expect(await openRejects(world)).toEqual([])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, coalesced: 0 })
  })

  it('sends a refused row again of which the destination may hold a part, though the model has moved back', async () => {
    const world = makeWorld()
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }]
    world.vendor.faults.set('1', { kind: 'reject', retryable: true, taken: true })
    expect((await run(world)).ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect(await intents(world)).toEqual(['1 upsert'])
    expect(await openRejects(world)).toEqual(['1 1'])
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann' })
    expect(await intents(world)).toEqual([])
    expect(await openRejects(world)).toEqual([])
  })

  it('removes a refused row of which the destination may hold a part where it leaves', async () => {
    const world = makeWorld({ sync: { onRemoved: { kind: 'delete' } } })
    world.people = [ann, ben]
    world.vendor.faults.set('2', { kind: 'reject', retryable: true, taken: true })
    await run(world)
    expect([...world.vendor.records.keys()]).toEqual(['1', '2'])
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ removed: 1, delivered: 1 })
    expect([...world.vendor.records.keys()]).toEqual(['1'])
  })

  it('does not park a row of which the destination may hold a part', async () => {
    const world = makeWorld({ sync: { parkAfter: 1 } })
    world.people = [ann]
    world.vendor.faults.set('1', { kind: 'reject', taken: true, always: true })
    for (let runs = 0; runs < 3; runs++) expect((await run(world)).ledger).toMatchObject({ rejected: 1, parked: 0 })
  })

  it.each([
    ['the destination refuses', 'Anna', { kind: 'reject' } as const],
    ['no request can hold', 'x'.repeat(20_000), undefined],
  ])('of a row that %s says nothing of an attempt before, which may have arrived', async (_what, name, fault) => {
    const world = makeWorld()
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }]
    world.vendor.faults.set('1', { kind: 'unknown' })
    await run(world)
    world.people = [{ ...ann, name }]
    if (fault) world.vendor.faults.set('1', fault)
    expect((await run(world)).ledger).toMatchObject({ retry: 1, rejected: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Anna' })
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ name: 'Ann' })
    expect(await intents(world)).toEqual([])
    expect(await openRejects(world)).toEqual([])
  })

  it('tries an absent row again until somebody makes it', async () => {
    const world = makeWorld({ sync: { mode: 'update' } })
    world.people = [ann, ben]
    world.vendor.records.set('1', {})
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, absent: 1 })
    expect(await snapshot(world)).toEqual({ 1: 'accepted Ann' })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, absent: 1 })
    world.vendor.records.set('2', {})
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(await openRejects(world)).toEqual([])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('forgets the reject of a row that is in neither model nor snapshot any more', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    world.vendor.faults.set('2', { kind: 'reject' })
    await run(world)
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 0, removed: 0 })
    expect(await openRejects(world)).toEqual([])
  })

  it('forgets the reject of a row that has left again', async () => {
    const world = makeWorld()
    world.people = [ann, ben]
    await run(world)
    world.people = [ann]
    await run(world)
    world.people = [ann, { ...ben, name: 'Benno' }]
    world.vendor.faults.set('2', { kind: 'reject' })
    expect((await run(world)).ledger).toMatchObject({ added: 1, rejected: 1 })
    world.people = [ann]
    await run(world)
    expect(await openRejects(world)).toEqual([])
  })

  it('may hold characters that no file of lines and no JSON reader takes', async () => {
    const world = makeWorld()
    const odd = 'line\u2028sep\u2029par\u0085next\r\n"quote" \\ 😀 \u0001'
    world.people = [
      { id: 'a\u2028b', name: odd, opted_out: false },
      { id: 'c', name: odd, opted_out: false },
    ]
    world.vendor.faults.set('c', { kind: 'reject', message: 'half of \ud83d and \u0000' })
    expect((await run(world)).ledger).toMatchObject({ delivered: 1, rejected: 1 })
    expect(world.vendor.records.get('a\u2028b')?.['name']).toBe(odd)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
  })

  it.each([
    ['a run', {}, { delivered: 1, rejected: 1 }, ['1']],
    ['a baseline', { baseline: true }, { coalesced: 1, rejected: 1 }, []],
  ])('may be cut in the middle of one by our own refusal: %s', async (_what, permission, ledger, sent) => {
    const plan = { ...column('plan'), kind: 'column', column: 'plan', values: { free: 'FREE' } } as const
    for (const opted_out of [false, true]) {
      const world = makeWorld({ sync: { map: [column('id'), plan, optOut('unsubscribed', 'opted_out')] } })
      world.people = [
        { id: '1', plan: 'free', opted_out: true },
        { id: '2', plan: `${'x'.repeat(39)}😀 and so on`, opted_out },
      ]
      expect((await run(world, { permission })).ledger).toMatchObject(ledger)
      expect([...world.vendor.records.keys()].slice(0, 1)).toEqual(sent)
      const [reject] = await rows(world, `SELECT message FROM _millrace.rejects WHERE sync = '${world.sync.name}'`)
      expect(reject?.['message']).toContain(`${'x'.repeat(39)}\uFFFD is not among its values (free)`)
    }
  })

  it('says when a row went, as an instant', async () => {
    const world = makeWorld()
    world.people = [ann]
    await run(world)
    expect(
      await rows(
        world,
        `SELECT key, op, status, fields, sent_at::VARCHAR AS sent_at FROM _millrace.changes WHERE sync = '${world.sync.name}'`,
      ),
    ).toEqual([
      {
        key: '1',
        op: 'upsert',
        status: 'delivered',
        fields: '{"id":["1"],"name":["Ann"]}',
        sent_at: '2026-11-20 09:55:00.123',
      },
    ])
  })

  it('names the old value beside the new one in the changes', async () => {
    const world = makeWorld()
    world.people = [ann]
    await run(world)
    world.people = [{ ...ann, name: 'Anna', opted_out: true }]
    const { runId } = await run(world)
    const [change] = await rows(world, `SELECT fields FROM _millrace.changes WHERE run_id = '${runId}'`)
    expect(JSON.parse(change?.['fields'] ?? '')).toEqual({ name: ['Ann', 'Anna'], unsubscribed: [false, true] })
  })

  it('is committed in chunks while sending goes on, at most two of them behind', async () => {
    const world = makeWorld()
    world.people = Array.from({ length: 40 }, (_, index) => ({ id: `k${index}`, name: 'x', opted_out: false }))
    const { events } = await run(world, { context: { acknowledgeRows: 6 } })
    const chunks = events.flatMap((event) => (event.type === 'acknowledged' ? [event.rows] : []))
    expect(chunks.reduce((sum, rows) => sum + rows, 0)).toBe(40)
    // Two chunks, and the requests of which one is under way and one on its way to the disk.
    expect(chunks.slice(0, -1).every((rows) => rows >= 6 && rows <= 12 + 2 * 3)).toBe(true)
    expect(chunks.length).toBeGreaterThan(3)
    const first = events.findIndex(({ type }) => type === 'acknowledge.started')
    const sentMeanwhile = events.slice(
      first,
      events.findIndex(({ type }) => type === 'acknowledged'),
    )
    expect(sentMeanwhile.some(({ type }) => type === 'batch.sent')).toBe(true)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 40 })
  })
})

describe('answers of many bytes', () => {
  it('are committed however few they are', async () => {
    const world = makeWorld()
    world.people = Array.from({ length: 30 }, (_, index) => ({
      id: `k${index}`,
      name: 'x'.repeat(2000),
      opted_out: false,
    }))
    const { events } = await run(world, { context: { acknowledgeBytes: 20_000 } })
    const chunks = events.flatMap((event) => (event.type === 'acknowledged' ? [event.rows] : []))
    expect(chunks.reduce((sum, each) => sum + each, 0)).toBe(30)
    // A row is more than two thousand bytes, twice: before and after.
    expect(Math.max(...chunks)).toBeLessThanOrEqual(20)
    expect((await run(world)).ledger).toMatchObject({ unchanged: 30 })
  })
})

describe('rows that the destination does not answer', () => {
  const people = ['1', '2', '3', '4'].map((id) => ({ id, name: 'x', opted_out: false }))
  const warnings = (events: readonly EngineEvent[]) =>
    events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))

  /** Its batches take two requests, of which the second fails. */
  function endInTheMiddle({ vendor }: World, failure: MillraceError): void {
    const { write } = vendor.object
    Object.assign(vendor.object, {
      write: async (changes: readonly Change[], context: WriteContext): Promise<readonly WriteResult[]> => [
        ...(await write(changes.slice(0, 1), context)),
        ...changes.slice(1).map(() => ({ outcome: 'unknown', message: failure.message, failure }) as const),
      ],
    })
  }

  it('are told of once a run, with the reason of the first', async () => {
    const world = makeWorld()
    world.people = people
    world.vendor.faults.set('1', { kind: 'unknown' })
    world.vendor.faults.set('4', { kind: 'lost' })
    const { ledger, error, events } = await run(world)
    expect(error).toBeUndefined()
    expect(ledger).toMatchObject({ delivered: 2, unknown: 2 })
    expect(warnings(events)).toEqual([
      expect.stringMatching(/^person: 2 rows have no answer; .* The first: no answer$/),
    ])
    expect(warnings((await run(world)).events)).toEqual([])
  })

  it('end the delivery where the connector says what kept them from it, and deny no row that was taken', async () => {
    const world = makeWorld()
    world.people = people
    endInTheMiddle(world, new MillraceError('MR-3006', { message: 'enough for today' }))
    const { ledger, error, events } = await run(world)
    expect(error).toMatchObject({ code: 'MR-3006', message: 'enough for today' })
    expect(ledger).toMatchObject({ delivered: 1, unknown: 3 })
    expect(world.vendor.requests).toEqual([['1']])
    expect(warnings(events)).toEqual([])
    expect(await snapshot(world)).toEqual({ 1: 'accepted x' })
    expect(await intents(world)).toEqual(['2 upsert', '3 upsert', '4 upsert'])
  })

  it('do not end it where a request was refused: that says nothing of the others', async () => {
    const world = makeWorld()
    world.people = people
    endInTheMiddle(world, new MillraceError('MR-3004', { message: 'the second request was refused' }))
    const { ledger, error, events } = await run(world)
    expect(error).toBeUndefined()
    expect(ledger).toMatchObject({ delivered: 2, unknown: 2 })
    expect(warnings(events)).toEqual([expect.stringContaining('The first: the second request was refused')])
  })
})

describe('a value that cannot be sent', () => {
  it('is a reject that everybody hears of; the other rows go', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('score')] } })
    world.columns = { id: 'VARCHAR', score: 'DOUBLE', name: 'VARCHAR' }
    world.people = [
      { id: '1', score: 'NaN' },
      { id: '2', score: 1.5 },
    ]
    const { ledger, events } = await run(world)
    expect(ledger).toMatchObject({ added: 2, delivered: 1, rejected: 1 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'row.rejected', key: '1', code: 'MR-5005' }))
    expect(await openRejects(world)).toEqual(['1 1'])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, rejected: 1 })
    world.people = [
      { id: '1', score: 2 },
      { id: '2', score: 1.5 },
    ]
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
  })

  it('does not answer for an attempt before it, either', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('score')] } })
    world.columns = { id: 'VARCHAR', score: 'DOUBLE', name: 'VARCHAR' }
    for (const score of [1, 2, 'NaN', 1]) {
      world.people = [{ id: '1', score }]
      if (score === 2) world.vendor.faults.set('1', { kind: 'unknown' })
      await run(world)
    }
    expect(world.vendor.records.get('1')).toEqual({ id: '1', score: 1 })
  })

  it('is one that is too large for any request, too', async () => {
    const world = makeWorld()
    world.people = [{ ...ann, name: 'x'.repeat(20_000) }, ben]
    const { ledger, events } = await run(world)
    expect(ledger).toMatchObject({ delivered: 1, rejected: 1 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'row.rejected', key: '1', code: 'MR-5005' }))
    expect(world.vendor.records.has('1')).toBe(false)
  })
})
