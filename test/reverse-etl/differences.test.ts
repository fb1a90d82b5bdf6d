/** What is a difference, and what is only spelled otherwise. */
import { describe, expect, it } from 'vitest'
import { column, makeWorld, openWarehouse, optOut, rows, run, runRefused, type World } from './world.ts'

const ann = { id: '1', name: 'Ann', opted_out: false }
const ben = { id: '2', name: 'Ben', opted_out: true }

describe('keys', () => {
  it('that are null or stand twice stop the run, with samples', async () => {
    const world = makeWorld()
    world.people = [ann, { ...ben, id: null }, { ...ann, id: 'x' }, { ...ben, id: 'x' }]
    const error = await runRefused(world, 'MR-4106')
    expect(error.message).toContain(
      '3 rows of the model people have a id that is null or stands more than once (null, x)',
    )
    expect(world.vendor.journal).toEqual([])
  })

  it('that are null or stand twice are left out and counted with on_invalid_keys: skip', async () => {
    const world = makeWorld({ sync: { onInvalidKeys: 'skip' } })
    world.people = [ann, { ...ann, id: 'x' }]
    await run(world)
    world.people = [
      { ...ann, name: 'Anna' },
      { ...ben, id: null },
      { ...ann, id: 'x' },
      { ...ben, id: 'x' },
    ]
    // The stored x is neither removed nor sent.
    expect((await run(world)).ledger).toMatchObject({ model_rows: 4, invalid: 3, changed: 1, removed: 0, delivered: 1 })
    world.people = [
      { ...ann, name: 'Anna' },
      { ...ann, id: 'x' },
    ]
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('that the destination does not tell apart are invalid', async () => {
    const world = makeWorld({ sync: { primaryKey: ['email'], match: 'email', map: [column('email'), column('name')] } })
    world.columns = { email: 'VARCHAR', name: 'VARCHAR' }
    world.people = [
      { id: null, email: 'Ann@x.example', name: 'Ann' },
      { id: null, email: '\u00a0ann@X.example\n', name: 'Ann again' },
    ]
    const error = await runRefused(world, 'MR-4106')
    expect(error.message).toContain('(ann@x.example)')
  })

  it('are the same row however they are written', async () => {
    const world = makeWorld({ sync: { primaryKey: ['EMAIL'], match: 'email', map: [column('email'), column('name')] } })
    world.columns = { email: 'VARCHAR', name: 'VARCHAR' }
    world.people = [{ id: null, email: 'Ann@x.example', name: 'Ann' }]
    await run(world)
    world.people = [{ id: null, email: ' ann@X.example', name: 'Ann' }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, added: 0, removed: 0, delivered: 1 })
    expect(world.vendor.journal.map(({ key }) => key)).toEqual(['ann@x.example', 'ann@x.example'])
  })

  it('of several columns are told apart', async () => {
    const world = makeWorld({ sync: { primaryKey: ['id', 'plan'], map: [column('id'), column('plan')] } })
    world.people = [
      { id: 'a,b', plan: 'c' },
      { id: 'a', plan: 'b,c' },
      { id: 'a', plan: 'c' },
    ]
    expect((await run(world)).ledger).toMatchObject({ added: 3, delivered: 3 })
    // Two rows for the record a: two requests, in order.
    expect(world.vendor.requests).toEqual([['a'], ['a', 'a,b']])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 3 })
  })
})

describe('values', () => {
  const typed: World['columns'] = {
    id: 'VARCHAR',
    name: 'VARCHAR',
    score: 'DECIMAL(38,10)',
    data: 'JSON',
    active: 'BOOLEAN',
    day: 'DATE',
    seen_at: 'TIMESTAMP',
  }
  const map = ['id', 'name', 'score', 'data', 'active', 'day', 'seen_at'].map((name) => column(name))
  const row = {
    id: '1',
    name: "O'Neil 😀",
    score: '1234567890123456789012345678.0123456789',
    data: '{"b": 12345678901234567890, "a": [1.0, "x"]}',
    active: true,
    day: '2026-11-20',
    seen_at: '2026-11-20 09:55:00.000001',
  }

  it('of every type arrive exactly, and are equal in the next run', async () => {
    const world = makeWorld({ sync: { map } })
    world.columns = typed
    world.people = [row]
    await run(world)
    expect(JSON.stringify(world.vendor.records.get('1'))).toBe(
      `{"id":"1","name":"O'Neil 😀","score":1234567890123456789012345678.0123456789,"data":{"b":12345678901234567890,"a":[1,"x"]},"active":true,"day":"2026-11-20","seen_at":"2026-11-20T09:55:00.000001Z"}`,
    )
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })

  it('that are only spelled otherwise are coalesced', async () => {
    const world = makeWorld({ sync: { map } })
    world.columns = typed
    world.people = [row]
    await run(world)
    world.people = [{ ...row, data: '{"a":[1,"x"],"b":12345678901234567890}' }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, coalesced: 1, delivered: 0 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })

  it('of a column whose type changed are encoded again, and sent where they differ', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('custom_x', 'x')] } })
    world.columns = { id: 'VARCHAR', x: 'VARCHAR' }
    world.people = [
      { id: '1', x: 'abc' },
      { id: '2', x: '5' },
    ]
    await run(world)
    for (const [type, first, second] of [
      ['BIGINT', 7, 5],
      ['DECIMAL(9,2)', '7.00', '5.50'],
      ['JSON', '{"a":1}', '5.5'],
      ['VARCHAR', 'abc', '5'],
      ['BOOLEAN', true, false],
      ['TIMESTAMP', '2026-11-20 00:00:00', null],
    ] as const) {
      world.columns = { id: 'VARCHAR', x: type }
      world.people = [
        { id: '1', x: first },
        { id: '2', x: second },
      ]
      const { error } = await run(world)
      expect(error).toBeUndefined()
      expect((await run(world)).ledger, type).toMatchObject({ unchanged: 2 })
    }
    expect(world.vendor.records.get('1')?.['custom_x']).toBe('2026-11-20T00:00:00Z')
    // 5 as a decimal with a fraction was another value; 7.00 was not.
    expect(world.vendor.journal.filter(({ key }) => key === '1')).toHaveLength(6)
  })

  it('of an opt-out whose column was a text before are compared all the same', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('custom_x', 'x')] } })
    world.columns = { id: 'VARCHAR', x: 'VARCHAR' }
    world.people = [{ id: '1', x: 'abc' }]
    await run(world)
    world.sync = { ...world.sync, map: [column('id'), optOut('unsubscribed', 'x')] }
    world.columns = { id: 'VARCHAR', x: 'BOOLEAN' }
    world.people = [{ id: '1', x: true }]
    await run(world)
    expect(world.vendor.records.get('1')).toMatchObject({ unsubscribed: true })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })
})

describe('a mapping that changes', () => {
  it('sends what a new field makes different, null included: it is unknown, not null', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('name')] } })
    world.people = [ann, { ...ben, plan: 'pro' }]
    await run(world)
    world.sync = { ...world.sync, map: [column('id'), column('name'), column('plan')] }
    const { runId, ledger } = await run(world)
    expect(ledger).toMatchObject({ changed: 2, delivered: 2 })
    expect(world.vendor.journal.at(-2)).toMatchObject({ fields: { id: '1', name: 'Ann', plan: null }, previous: null })
    const [change] = await rows(world, `SELECT fields FROM _millrace.changes WHERE run_id = '${runId}' AND key = '1'`)
    expect(JSON.parse(change?.['fields'] ?? '')).toEqual({ id: ['1'], name: ['Ann'], plan: [null] })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2 })
  })

  it('sends nothing where the payload is the same', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('name', 'name')] } })
    world.columns = { ...world.columns, full_name: 'VARCHAR' }
    world.people = [{ ...ann, full_name: 'Ann' }]
    await run(world)
    world.sync = { ...world.sync, map: [column('id'), column('name', 'full_name')] }
    expect((await run(world)).ledger).toMatchObject({ changed: 1, coalesced: 1 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
    expect(world.vendor.journal).toHaveLength(1)
  })
})

describe('the warehouse file', () => {
  it('may be closed and opened between any two steps', async () => {
    const world = makeWorld({ warehouse: openWarehouse() })
    world.people = [ann, ben]
    await run(world, { context: { acknowledgeRows: 1 } })
    world.people = [{ ...ann, name: 'Anna' }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, removed: 1, delivered: 1, ignored: 1 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })
})
