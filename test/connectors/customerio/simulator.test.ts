import { TrackClient } from 'customerio-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/customerio/sandbox.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'
import { createWorld } from '../../../src/sandbox/world.ts'
import { storyOfDay } from '../../../src/sandbox/story.ts'

let sandbox: RunningSandbox
let track: TrackClient
beforeEach(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const { site_id, api_key, base_url } = sandbox.connection('customerio')
  track = new TrackClient(String(site_id), String(api_key), { url: `${base_url}/api/v1`, retry: { maxRetries: 0 } })
})
afterEach(() => sandbox.close())

const identify = (identifiers: JsonObject, attributes: JsonObject = {}) =>
  track.entity({ type: 'person', action: 'identify', identifiers, attributes })
const person = async (id: string) => (await sandbox.show('customerio', 'person', id))[0]
const people = () => sandbox.show('customerio', 'person')

describe('what unsubscribed means', () => {
  it.each([
    [true, true],
    [1, true],
    ['1', true],
    [false, false],
    ['yes', false],
    ['t', false],
    ['Y', false],
    ['true', false],
    [0, false],
  ] as const)('%o means unsubscribed: %o', async (value, meant) => {
    await identify({ id: 'A-1' }, { unsubscribed: value })
    expect(await person('A-1')).toMatchObject({ unsubscribed: meant, attributes: { unsubscribed: value } })
  })

  it.each([false, null, '', 'yes'] as const)('a stale %o subscribes the person again', async (value) => {
    await identify({ id: 'A-1' }, { unsubscribed: true })
    await identify({ id: 'A-1' }, { unsubscribed: value })
    expect(await person('A-1')).toMatchObject({ unsubscribed: false })
  })

  it('a change of something else leaves it alone', async () => {
    await identify({ id: 'A-1' }, { unsubscribed: true })
    await identify({ id: 'A-1' }, { plan: 'pro' })
    expect(await person('A-1')).toMatchObject({ unsubscribed: true })
  })
})

describe('topics', () => {
  it('dot notation changes one, the object form replaces them all, null takes one away', async () => {
    const topics = async () => (await person('A-1'))?.['cio_subscription_preferences']
    await identify({ id: 'A-1' }, { cio_subscription_preferences: { topics: { topic_1: true, topic_2: true } } })
    await identify({ id: 'A-1' }, { 'cio_subscription_preferences.topics.topic_2': false })
    expect(await topics()).toEqual({ topics: { topic_1: true, topic_2: false } })
    await identify({ id: 'A-1' }, { cio_subscription_preferences: { topics: { topic_3: false } } })
    expect(await topics()).toEqual({ topics: { topic_3: false } })
    await identify({ id: 'A-1' }, { 'cio_subscription_preferences.topics.topic_3': null })
    expect(await topics()).toEqual({ topics: {} })
  })
})

describe('attributes', () => {
  it('null and empty text take one away, and each change has its time', async () => {
    await identify({ id: 'A-1' }, { a: 1, b: 2, c: { d: 3 } })
    await identify({ id: 'A-1' }, { a: null, b: '', 'c.e': 4 })
    const seconds = Math.floor((await sandbox.now()).getTime() / 1000)
    expect(await person('A-1')).toMatchObject({
      attributes: { c: { d: 3, e: 4 } },
      timestamps: { a: seconds, c: seconds },
    })
    expect(Object.keys((await person('A-1'))?.['attributes'] ?? {})).toEqual(['c'])
  })

  it('_update never creates', async () => {
    await identify({ id: 'A-1' }, { _update: true, a: 1 })
    expect(await person('A-1')).toBeUndefined()
    await identify({ id: 'A-1' }, { a: 1 })
    await identify({ id: 'A-1' }, { _update: true, a: 2 })
    expect(await person('A-1')).toMatchObject({ attributes: { a: 2 } })
  })
})

describe('identifiers', () => {
  it('are one person, however they are named', async () => {
    await identify({ id: 'A-1' }, { email: 'A@x.example' })
    await identify({ email: 'a@X.example' }, { plan: 'x' })
    const found = await person('A-1')
    await identify({ cio_id: String(found?.['cio_id']) }, { city: 'y' })
    expect(await person('A-1')).toMatchObject({ attributes: { plan: 'x', city: 'y' } })
  })

  it('an email that somebody else has is a 200, and the whole change is dropped', async () => {
    await identify({ id: 'A-1' }, { email: 'a@x.example' })
    await identify({ id: 'A-2' }, { email: 'b@x.example' })
    expect(await identify({ id: 'A-2' }, { email: 'a@x.example', plan: 'lost' })).toEqual({})
    expect(await person('A-2')).toMatchObject({ email: 'b@x.example' })
    expect((await person('A-2'))?.['attributes']).toEqual({})
  })

  it('an id does not change by email, and does by cio_id', async () => {
    await identify({ id: 'A-1' }, { email: 'a@x.example' })
    await identify({ email: 'a@x.example' }, { id: 'A-9' })
    expect(await person('A-9')).toBeUndefined()
    await identify({ cio_id: String((await person('A-1'))?.['cio_id']) }, { id: 'A-9' })
    expect(await person('A-9')).toMatchObject({ email: 'a@x.example' })
    expect(await person('A-1')).toBeUndefined()
  })

  it('an email changes by id, unless the workspace does not allow it', async () => {
    await identify({ id: 'A-1' }, { email: 'a@x.example' })
    await identify({ id: 'A-1' }, { email: 'b@x.example' })
    expect(await person('A-1')).toMatchObject({ email: 'b@x.example' })
    await sandbox.setFault('customerio', 'email_updates_off', { times: 'always' })
    await identify({ id: 'A-1' }, { email: 'c@x.example', plan: 'lost' })
    expect(await person('A-1')).toMatchObject({ email: 'b@x.example', attributes: {} })
  })

  it('a person without an id gets one later', async () => {
    await identify({ email: 'a@x.example' }, { plan: 'x' })
    await identify({ email: 'a@x.example' }, { id: 'A-1' })
    expect(await person('A-1')).toMatchObject({ email: 'a@x.example', attributes: { plan: 'x' } })
    expect((await people()).filter(({ email }) => email === 'a@x.example')).toHaveLength(1)
  })

  it('a deleted person is gone, and can come back', async () => {
    await identify({ id: 'A-1' }, { email: 'a@x.example' })
    await track.entity({ type: 'person', action: 'delete', identifiers: { email: 'a@x.example' } })
    expect(await person('A-1')).toBeUndefined()
    await identify({ id: 'A-2' }, { email: 'a@x.example' })
    expect(await person('A-2')).toMatchObject({ email: 'a@x.example' })
  })

  it('a reset forgets whom an email belonged to', async () => {
    const [first] = await people()
    await identify({ id: String(first?.['id']) }, { email: 'a@x.example' })
    await sandbox.reset()
    await identify({ id: 'A-2' }, { email: 'a@x.example' })
    expect(await person('A-2')).toMatchObject({ email: 'a@x.example' })
  })
})

describe('limits', () => {
  const item = (id: string, attributes: JsonObject) => ({
    type: 'person',
    action: 'identify',
    identifiers: { id },
    attributes,
  })
  const texts = (count: number, length: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, 'x'.repeat(length)]))

  it('500 KB a request is too much', async () => {
    const batch = Array.from({ length: 20 }, (_, n) => item(`A-${n}`, texts(30, 990)))
    await expect(track.batch(batch)).rejects.toMatchObject({ statusCode: 400 })
    expect(await person('A-0')).toBeUndefined()
  })

  it.each([
    ['an item over 32 KB', texts(40, 900)],
    ['a value over 1000 bytes', { bio: 'x'.repeat(1001) }],
    ['a name over 150 bytes', { ['n'.repeat(151)]: 1 }],
    ['301 attributes', texts(301, 1)],
    ['a topic that is not a boolean', { 'cio_subscription_preferences.topics.topic_1': 'no' }],
    ['an email that is none', { email: 'nobody' }],
  ])('%s is refused, and the others are taken', async (_name, attributes) => {
    const answer = await track.batch([item('A-1', attributes), item('A-2', {})])
    expect(answer).toMatchObject({ errors: [{ batch_index: 0, reason: 'invalid', message: expect.any(String) }] })
    expect(await person('A-1')).toBeUndefined()
    expect(await person('A-2')).toBeDefined()
  })
})

describe('the story', () => {
  it('is the same each time, and some people were there before', async () => {
    const before = await people()
    expect(before).toHaveLength(5)
    expect(before[0]).toMatchObject({ id: 'P-000001', unsubscribed: false })
    await sandbox.reset()
    expect(await people()).toEqual(before)
  })

  it('people unsubscribe by themselves, where they are known', async () => {
    const world = createWorld(1, 0.02)
    const days = [1, 2, 3].map((number) => storyOfDay(world, number))
    const known = new Set<string>()
    for (const { number } of world.people) {
      const id = `P-${String(number).padStart(6, '0')}`
      known.add(id)
      await identify({ id }, { unsubscribed: false })
    }
    await sandbox.move(3)
    const wanted: Json[] = days.flatMap(({ events }) =>
      events.flatMap((event) =>
        event.kind === 'opt_out' && event.by === 'messaging' && event.channel !== 'news'
          ? [`P-${String(event.person).padStart(6, '0')}`]
          : [],
      ),
    )
    const unsubscribed = (await people()).filter((each) => each['unsubscribed'] === true).map(({ id }) => id ?? null)
    expect(wanted.length).toBeGreaterThan(0)
    expect(new Set(unsubscribed)).toEqual(new Set(wanted))
  })
})
