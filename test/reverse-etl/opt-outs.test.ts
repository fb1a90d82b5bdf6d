/** Promise 8, case by case; opt-out-histories.test.ts tries it with chance. */
import { describe, expect, it } from 'vitest'
import { unheard, type Change, type WriteResult } from '../../src/model/change.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { column, intents, makeWorld, optOut, run, runRefused, type World } from './world.ts'
import { sentTo } from './vendor.ts'

const ann = { id: '1', name: 'Ann', opted_out: false, other_out: false }
const optedIn = { unsubscribed: false }

function makePeople(allowOptIn: boolean): World {
  const world = makeWorld({
    sync: { map: [column('id'), column('name'), optOut('unsubscribed', 'opted_out', allowOptIn)] },
  })
  world.people = [ann]
  return world
}

const lastSent = (world: World) => sentTo(world.vendor, '1').at(-1)

describe('an opt-out field', () => {
  it('is not in the first payload of somebody who is opted in', async () => {
    const world = makePeople(true)
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', name: 'Ann' })
  })

  it('goes when it turns to opted out, strictly as a boolean', async () => {
    const world = makePeople(false)
    await run(world)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', name: 'Ann', unsubscribed: true })
  })

  it('does not go back with a neighbour that changes', async () => {
    const world = makePeople(true)
    await run(world)
    world.vendor.records.set('1', { ...world.vendor.records.get('1'), unsubscribed: true })
    world.people = [{ ...ann, name: 'Anna' }]
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', name: 'Anna' })
    expect(world.vendor.records.get('1')).toMatchObject({ unsubscribed: true })
  })

  it('that turned off is withheld where the sync does not allow it: recorded as seen, and not tried again', async () => {
    const world = makePeople(false)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.people = [ann]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, held_back: 1, delivered: 0 })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ unsubscribed: true })
    // Allowing it later does not bring it back either.
    world.sync = { ...world.sync, map: [column('id'), column('name'), optOut('unsubscribed', 'opted_out', true)] }
    world.people = [{ ...ann, name: 'Anna' }]
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', name: 'Anna' })
  })

  it('that is withheld lets the neighbours go, and is counted', async () => {
    const world = makePeople(false)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.people = [{ ...ann, name: 'Anna' }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1, withheld: 1 })
    expect(lastSent(world)).toEqual({ id: '1', name: 'Anna' })
  })

  it('that turned off goes where the sync allows it', async () => {
    const world = makePeople(true)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.people = [ann]
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', name: 'Ann', unsubscribed: false })
  })

  it.each(['unknown', 'lost', 'reject'] as const)(
    'that turned off and was not answered with ok (%s) is not tried again',
    async (kind) => {
      const world = makePeople(true)
      world.people = [{ ...ann, opted_out: true }]
      await run(world)
      world.people = [ann]
      world.vendor.faults.set('1', { kind })
      await run(world)
      world.vendor.records.set('1', { ...world.vendor.records.get('1'), unsubscribed: true })
      await run(world)
      await run(world)
      expect(world.vendor.records.get('1')).toMatchObject({ unsubscribed: true })
      expect(
        sentTo(world.vendor, '1').filter((fields) => 'unsubscribed' in fields && fields['unsubscribed'] === false),
      ).toHaveLength(1)
      world.people = [{ ...ann, opted_out: true }]
      await run(world)
      world.people = [ann]
      await run(world)
      expect(lastSent(world)).toMatchObject(optedIn)
    },
  )

  it('that was refused, and turned on and off again in the model, has turned off anew', async () => {
    const world = makePeople(true)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.people = [ann]
    world.vendor.faults.set('1', { kind: 'reject' })
    await run(world)
    world.people = [{ ...ann, opted_out: true }]
    expect((await run(world)).ledger).toMatchObject({ retry: 1, coalesced: 1 })
    world.people = [ann]
    await run(world)
    expect(world.vendor.records.get('1')).toMatchObject(optedIn)
  })

  it('that turned off and had no answer keeps nobody else from going, and the next run sends the row without it', async () => {
    const world = makePeople(true)
    const bob = { ...ann, id: '2', name: 'Bob' }
    world.people = [{ ...ann, opted_out: true }, bob]
    await run(world)
    world.people = [ann, { ...bob, name: 'Bert' }]
    world.vendor.faults.set('1', { kind: 'network' })
    const { ledger, error, events } = await run(world)
    expect(error).toBeUndefined()
    expect(ledger).toMatchObject({ changed: 2, delivered: 1, unknown: 1 })
    expect(world.vendor.journal.slice(2).map(({ key, optsIn }) => [key, optsIn])).toEqual([
      ['2', undefined],
      ['1', true],
    ])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'run.warning', message: expect.stringContaining('1 opt-ins had no answer') }),
    )
    expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1, withheld: 1 })
    expect(world.vendor.records.get('1')).toMatchObject({ unsubscribed: true })
  })

  it.each(['thrown', 'answered'])('that turned off ends the delivery where a quota is used up: %s', async (how) => {
    const world = makePeople(true)
    const people = ['1', '2', '3', '4'].map((id) => ({ ...ann, id, opted_out: true }))
    world.people = people
    await run(world)
    world.people = people.map((person) => ({ ...person, opted_out: false }))
    const quota = new MillraceError('MR-3006', { message: 'enough for today' })
    let asked = 0
    Object.assign(world.vendor.object, {
      write: async (changes: readonly Change[]): Promise<readonly WriteResult[]> => {
        asked++
        if (how === 'thrown') throw quota
        return changes.map((_, index) => (index === 0 ? { outcome: 'ok' } : unheard(quota)))
      },
    })
    expect((await run(world)).error).toBe(quota)
    expect(asked).toBe(1)
  })

  it('of null says nothing, and null is not opted out', async () => {
    const world = makePeople(true)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.people = [{ ...ann, opted_out: null }]
    await run(world)
    world.people = [ann]
    await run(world)
    expect(world.vendor.journal).toHaveLength(1)
  })

  it('turns off for itself alone', async () => {
    const world = makeWorld({
      sync: { map: [column('id'), optOut('unsubscribed', 'opted_out', true), optOut('topic_3', 'other_out', true)] },
    })
    world.columns = { ...world.columns, other_out: 'BOOLEAN' }
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.people = [{ ...ann, other_out: true }]
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', unsubscribed: false, topic_3: true })
  })

  it('that is newly mapped to a column which filled another field never opts in', async () => {
    const world = makeWorld({ sync: { map: [column('id'), column('active', 'opted_out')] } })
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    world.sync = { ...world.sync, map: [column('id'), optOut('unsubscribed', 'opted_out', true)] }
    world.people = [ann]
    await run(world)
    expect(sentTo(world.vendor, '1').some((fields) => 'unsubscribed' in fields)).toBe(false)
  })

  it('speaks the vendor’s words', async () => {
    const map = [
      column('id'),
      { ...optOut('custom_status', 'opted_out', true), out: 'UNSUBSCRIBED', in: 'SUBSCRIBED' },
      { ...optOut('topic_3', 'opted_out', true), out: false, in: true },
    ]
    const world = makeWorld({ sync: { map } })
    world.people = [ann]
    await run(world)
    expect(world.vendor.journal).toHaveLength(0)
    world.people = [{ ...ann, opted_out: true }]
    await run(world)
    expect(lastSent(world)).toEqual({ id: '1', custom_status: 'UNSUBSCRIBED', topic_3: false })
  })
})

describe('rows that turn to opted out', () => {
  const many = Array.from({ length: 8 }, (_, index) => ({ ...ann, id: `p${index}` }))

  it('go before all others', async () => {
    const world = makePeople(false)
    world.people = many
    await run(world)
    world.people = many.map((person, index) => ({ ...person, name: 'new', opted_out: index > 5 }))
    const { events } = await run(world)
    expect(world.vendor.requests.slice(3)).toEqual([
      ['p6', 'p7', 'p0'],
      ['p1', 'p2', 'p3'],
      ['p4', 'p5'],
    ])
    expect(events).toContainEqual(expect.objectContaining({ type: 'diff.finished', opt_outs: 2 }))
  })

  it('go before opt-ins too, however many batches of these there are', async () => {
    const world = makePeople(true)
    const last = { ...ann, id: 'p8' }
    world.people = [...many.map((person) => ({ ...person, opted_out: true })), last]
    await run(world)
    world.people = [...many, { ...last, opted_out: true }]
    await run(world)
    expect(world.vendor.requests.slice(3)).toEqual([['p8'], ['p0', 'p1', 'p2'], ['p3', 'p4', 'p5'], ['p6', 'p7']])
  })

  it('go alone where a guard holds the rest, which stays as it was', async () => {
    const world = makePeople(false)
    world.people = many
    await run(world)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 3 } } }
    world.people = many.map((person, index) => ({ ...person, name: 'new', opted_out: index > 5 }))
    const intended: (readonly string[])[] = []
    world.vendor.beforeWrite = async () => void intended.push(await intents(world))
    const error = await runRefused(world, 'MR-4102')
    expect(intended).toEqual([['p6 upsert', 'p7 upsert']])
    expect(error.kept).toContain('Only the 2 rows that turned to opted out go')
    expect(world.vendor.requests.slice(3)).toEqual([['p6', 'p7']])
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 8 } } }
    expect((await run(world)).ledger).toMatchObject({ changed: 6, unchanged: 2, delivered: 6 })
  })

  it('go where their column fills another field from now on, and nobody else’s with them', async () => {
    const world = makePeople(false)
    world.people = many.map((person, index) => ({ ...person, opted_out: index < 2 }))
    await run(world)
    const { maxChanged } = world.sync.limits
    world.sync = {
      ...world.sync,
      map: [...world.sync.map, optOut('topic_1', 'opted_out')],
      limits: { ...world.sync.limits, maxChanged: { rows: 3 } },
    }
    await runRefused(world, 'MR-4102')
    const topics = () => many.map(({ id }) => world.vendor.records.get(String(id))?.['topic_1'])
    expect(topics().filter((topic) => topic !== undefined)).toEqual([true, true])
    const sent = world.vendor.journal.length
    // A change of the mapping that says no opt-out anew waits as a whole.
    world.sync = { ...world.sync, map: [...world.sync.map, column('custom_name', 'name')] }
    const { ledger, error } = await run(world)
    expect(error).toMatchObject({ code: 'MR-4102' })
    expect(ledger).toMatchObject({ changed: 8, held_back: 8 })
    expect(world.vendor.journal).toHaveLength(sent)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged } }
    expect((await run(world)).ledger).toMatchObject({ changed: 8, delivered: 8 })
  })

  it('go first too when an opt-in before them had no answer', async () => {
    const world = makePeople(true)
    world.people = many.map((person) => ({ ...person, opted_out: true }))
    await run(world)
    world.people = many.map((person, index) => ({ ...person, opted_out: index < 7 }))
    world.vendor.faults.set('p7', { kind: 'unknown' })
    await run(world)
    expect(world.vendor.records.get('p7')).toMatchObject(optedIn)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 3 } } }
    world.people = many.map((person) => ({ ...person, name: 'new', opted_out: true }))
    await runRefused(world, 'MR-4102')
    expect(world.vendor.records.get('p7')).toMatchObject({ unsubscribed: true, name: 'new' })
    expect(world.vendor.records.get('p6')).toMatchObject({ name: 'Ann' })
  })

  it('are sent again every run while they are refused, guard or not', async () => {
    const world = makePeople(false)
    world.people = many
    await run(world)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 3 } } }
    world.people = many.map((person, index) => ({ ...person, name: 'new', opted_out: index === 7 }))
    world.vendor.faults.set('p7', { kind: 'reject' })
    await runRefused(world, 'MR-4102')
    await runRefused(world, 'MR-4102')
    expect(world.vendor.records.get('p7')).toMatchObject({ unsubscribed: true })
  })
})

describe('a row that comes to mean another record', () => {
  const byEmail = (allowOptIn: boolean, sync: Partial<World['sync']> = {}): World => {
    const world = makeWorld({
      sync: {
        match: 'email',
        map: [column('email'), column('name'), optOut('unsubscribed', 'opted_out', allowOptIn)],
        ...sync,
      },
    })
    world.columns = { ...world.columns, email: 'VARCHAR', topic: 'VARCHAR' }
    return world
  }
  const ann1 = { id: 'p1', email: 'a@x.io', name: 'Ann', opted_out: true, topic: '1' }

  it('does not carry over an opt-in: the warehouse never said that this person was opted out', async () => {
    const world = byEmail(true)
    world.people = [ann1]
    await run(world)
    world.vendor.records.set('b@x.io', { unsubscribed: true })
    world.people = [{ ...ann1, email: 'b@x.io', opted_out: false }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1, withheld: 1 })
    expect(world.vendor.records.get('b@x.io')).toEqual({ unsubscribed: true, email: 'b@x.io', name: 'Ann' })
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })

  it('is held back where the opt-in was all that it had to say', async () => {
    const world = byEmail(true, { map: [column('email'), optOut('unsubscribed', 'opted_out', true)] })
    world.people = [ann1]
    await run(world)
    world.people = [{ ...ann1, email: 'b@x.io', opted_out: false }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, held_back: 1, delivered: 0 })
    expect(sentTo(world.vendor, 'b@x.io')).toEqual([])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1 })
  })

  it('by another of the fields that name it does not carry over an opt-in either', async () => {
    const world = byEmail(true, {
      map: [
        column('email'),
        column('custom_topic', 'topic'),
        column('name'),
        optOut('unsubscribed', 'opted_out', true),
      ],
    })
    Object.assign(world.vendor.object, { identity: ['email', 'custom_topic'] })
    world.people = [ann1]
    await run(world)
    world.people = [{ ...ann1, topic: '2', opted_out: false }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1, withheld: 1 })
    expect(sentTo(world.vendor, 'a@x.io').at(-1)).toEqual({ email: 'a@x.io', custom_topic: '2', name: 'Ann' })
  })

  it('by its spelling alone means the same one, and opts in', async () => {
    const world = byEmail(true)
    world.people = [ann1]
    await run(world)
    world.people = [{ ...ann1, email: ' A@X.io', opted_out: false }]
    await run(world)
    expect(sentTo(world.vendor, 'a@x.io').at(-1)).toMatchObject({ unsubscribed: false })
  })

  it('sends the opt-out first, and no guard holds it', async () => {
    const world = byEmail(false)
    world.people = [ann1, { ...ann1, id: 'p0', email: 'other@x.io', opted_out: false }]
    await run(world)
    world.sync = { ...world.sync, limits: { ...world.sync.limits, maxChanged: { rows: 0 } } }
    world.people = [
      { ...ann1, email: 'b@x.io' },
      { ...ann1, id: 'p0', email: 'other@x.io', name: 'new', opted_out: false },
    ]
    await runRefused(world, 'MR-4102')
    expect(world.vendor.records.get('b@x.io')).toMatchObject({ unsubscribed: true })
    expect(world.vendor.requests.slice(1)).toEqual([['b@x.io']])
  })

  it('sends the opt-out alone where another field cannot be encoded', async () => {
    const world = byEmail(false, {
      map: [column('email'), column('name'), column('score'), optOut('unsubscribed', 'opted_out')],
    })
    world.columns = { ...world.columns, score: 'DOUBLE' }
    world.people = [{ ...ann1, score: 1 }]
    await run(world)
    world.people = [{ ...ann1, score: 'NaN', email: 'b@x.io' }]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect(world.vendor.records.get('b@x.io')).toEqual({ email: 'b@x.io', unsubscribed: true })
  })

  it('sends the opt-out alone where the vendor refuses another field', async () => {
    const world = byEmail(false)
    world.people = [ann1]
    await run(world)
    world.people = [{ ...ann1, email: 'b@x.io', name: 'bad' }]
    world.vendor.faults.set('b@x.io', { kind: 'reject' })
    await run(world)
    expect(world.vendor.records.get('b@x.io')).toEqual({ email: 'b@x.io', unsubscribed: true })
  })
})
