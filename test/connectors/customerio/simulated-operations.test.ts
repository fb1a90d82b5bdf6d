/** What the simulator makes of events, objects, relationships, suppressions and merges, and what it refuses of them. */
import { APIClient, TrackClient } from 'customerio-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import simulator from '../../../connectors/customerio/sandbox.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
let track: TrackClient
let app: APIClient
beforeEach(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const { site_id, api_key, base_url } = sandbox.connection('customerio')
  const retry = { maxRetries: 0 }
  track = new TrackClient(String(site_id), String(api_key), { url: `${base_url}/api/v1`, retry })
  app = new APIClient(sandboxCredentials.appKey, { url: `${base_url}/v1`, retry })
})
afterEach(() => sandbox.close())

const held = async (type: string) =>
  type in ((await sandbox.status()).vendors[0]?.records ?? {}) ? sandbox.show('customerio', type) : []
const person = async (id: string) => (await sandbox.show('customerio', 'person', id))[0]
const identify = (identifiers: JsonObject, attributes: JsonObject = {}) =>
  track.entity({ type: 'person', action: 'identify', identifiers, attributes })
const event = { type: 'person', action: 'event', identifiers: { id: 'P-000001' }, name: 'bought' }
const company = { type: 'object', identifiers: { object_type_id: '1', object_id: 'C-000001' } }
const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

describe('refused', () => {
  it.each<[string, JsonObject, string]>([
    ['an unknown type', { ...event, type: 'pet' }, 'type'],
    ['an unknown action', { ...event, action: 'dance' }, 'action'],
    ['an action of another type', { ...company, action: 'suppress' }, 'action'],
    ['a page view, which is not in the sandbox', { ...event, action: 'page' }, 'action'],
    ['an event without a name', { type: 'person', action: 'event', identifiers: { id: 'A' } }, 'name'],
    ['an event with a blank name', { ...event, name: ' ' }, 'name'],
    ['an event with a long name', { ...event, name: 'x'.repeat(101) }, 'name'],
    ['an event with a number for a name', { ...event, name: 1 }, 'name'],
    ['an event of nobody', { type: 'person', action: 'event', name: 'x' }, 'identifiers'],
    ['an event of two', { ...event, identifiers: { id: 'A', email: 'a@x.example' } }, 'identifiers'],
    ['an event in milliseconds', { ...event, timestamp: 1_790_000_000_000 }, 'timestamp'],
    ['an event in text', { ...event, timestamp: '1790000000' }, 'timestamp'],
    ['an event with an id that is no ULID', { ...event, id: 'o-1' }, 'id'],
    ['an event with a list of attributes', { ...event, attributes: [] }, 'attributes'],
    ['an event with a field of its own', { ...event, data: {} }, 'data'],
    [
      'an object without an id',
      { ...company, action: 'identify', identifiers: { object_type_id: '1' } },
      'identifiers.object_id',
    ],
    [
      'an object with two names',
      { ...company, action: 'identify', identifiers: { object_type_id: '1', object_id: 'a', cio_object_id: 'b' } },
      'identifiers',
    ],
    [
      'an object of no type',
      { ...company, action: 'identify', identifiers: { object_type_id: '9', object_id: 'a' } },
      'identifiers.object_type_id',
    ],
    [
      'an object with a number for a type',
      { ...company, action: 'identify', identifiers: { object_type_id: 1, object_id: 'a' } },
      'identifiers.object_type_id',
    ],
    [
      'an object with a reserved attribute',
      { ...company, action: 'identify', attributes: { relationship: 1 } },
      'attributes.relationship',
    ],
    [
      'a person with a reserved attribute',
      { type: 'person', action: 'identify', identifiers: { id: 'A' }, attributes: { _relationship: 1 } },
      'attributes._relationship',
    ],
    ['a relationship to nothing', { ...company, action: 'add_relationships' }, 'cio_relationships'],
    [
      'a relationship that is no list',
      { ...company, action: 'add_relationships', cio_relationships: {} },
      'cio_relationships',
    ],
    [
      'a relationship with a field of its own',
      { ...company, action: 'add_relationships', cio_relationships: [{ identifiers: { id: 'A' }, role: 1 }] },
      'cio_relationships[0].role',
    ],
    [
      'a relationship of a person to a person',
      {
        type: 'person',
        action: 'add_relationships',
        identifiers: { id: 'A' },
        cio_relationships: [{ identifiers: { id: 'B' } }],
      },
      'cio_relationships[0].identifiers.id',
    ],
    ['a merge with one', { type: 'person', action: 'merge', primary: { id: 'A' } }, 'secondary'],
  ])('%s', async (_name, item, field) => {
    const answer = await track.batch([item, { ...event, id: ulid }])
    expect(answer).toMatchObject({ errors: [{ batch_index: 0, field }] })
    expect(answer['errors']).toHaveLength(1)
    expect(await held('event')).toHaveLength(1)
  })
})

describe('events', () => {
  it('are one for one ULID, in whatever case, and many without', async () => {
    await track.batch([{ ...event, id: ulid }, { ...event, id: ulid.toLowerCase(), name: 'again' }, event, event])
    expect(await held('event')).toMatchObject([{ id: ulid, name: 'bought' }, { id: null }, { id: null }])
  })
})

describe('objects', () => {
  it('take people along when they are identified, and people take objects', async () => {
    await track.entity({ ...company, action: 'identify', cio_relationships: [{ identifiers: { id: 'P-000001' } }] })
    const relation = {
      identifiers: { object_type_id: '1', object_id: 'C-000002' },
      relationship_attributes: { role: 'x' },
    }
    await track.entity({
      type: 'person',
      action: 'identify',
      identifiers: { id: 'P-000001' },
      cio_relationships: [relation],
    })
    expect(await held('relationship')).toMatchObject([
      { object_id: 'C-000001' },
      { object_id: 'C-000002', attributes: { role: 'x' } },
    ])
    await track.entity({
      ...company,
      action: 'delete_relationships',
      cio_relationships: [{ identifiers: { id: 'P-000001' } }],
    })
    expect(await held('relationship')).toMatchObject([{ object_id: 'C-000002' }])
    await track.entity({ type: 'person', action: 'delete', identifiers: { id: 'P-000001' } })
    expect(await held('relationship')).toEqual([])
  })

  it('are updated by cio_object_id, and not created by it', async () => {
    const [{ cio_object_id } = {}] = await sandbox.show('customerio', 'object', '1/C-000001')
    for (const id of [String(cio_object_id), 'ob999999'])
      await track.entity({
        type: 'object',
        action: 'identify',
        identifiers: { cio_object_id: id },
        attributes: { name: 'New' },
      })
    expect(
      (await held('object')).filter(({ attributes }) => JSON.stringify(attributes) === '{"name":"New"}'),
    ).toHaveLength(1)
  })

  it('are told by the App API, or are not there', async () => {
    await track.entity({ ...company, action: 'identify', attributes: { seats: 5 } })
    expect(await app.getObjectAttributes('1', 'C-000001')).toMatchObject({
      object: { attributes: { seats: '5' }, object_type_id: '1' },
    })
    await expect(app.getObjectAttributes('1', 'nobody')).rejects.toMatchObject({ statusCode: 404 })
    expect(await app.listObjectTypes()).toMatchObject({ types: [{ id: '1', name: 'Companies' }, { id: '2' }] })
  })
})

describe('suppression', () => {
  const act = (action: string, identifiers: JsonObject) => track.entity({ type: 'person', action, identifiers })

  it('ignores whatever names the person afterwards, until it is taken back; then they begin anew', async () => {
    await identify({ id: 'A-1' }, { email: 'a@x.example', plan: 'x' })
    await act('suppress', { email: 'a@x.example' })
    await identify({ id: 'A-1' })
    await identify({ email: 'A@x.example' })
    await track.entity({ ...event, identifiers: { id: 'A-1' } })
    expect(await person('A-1')).toBeUndefined()
    expect(await held('event')).toEqual([])
    await act('unsuppress', { id: 'A-1' })
    await identify({ id: 'A-1' }, { email: 'a@x.example' })
    expect(await person('A-1')).toMatchObject({ email: 'a@x.example', attributes: {} })
  })

  it('holds for who was never there, too', async () => {
    await act('suppress', { id: 'A-1' })
    await identify({ id: 'A-1' })
    expect(await person('A-1')).toBeUndefined()
  })
})

describe('a merge', () => {
  it('fills what the primary does not have, takes what hung on the secondary, and deletes it', async () => {
    await identify({ id: 'A-1' }, { plan: 'pro' })
    await identify({ email: 'a@x.example' }, { plan: 'free', city: 'Oulu', unsubscribed: true })
    await track.entity({ ...event, identifiers: { email: 'a@x.example' } })
    await track.entity({
      ...company,
      action: 'add_relationships',
      cio_relationships: [{ identifiers: { email: 'a@x.example' } }],
    })
    await track.entity({ type: 'person', action: 'merge', primary: { id: 'A-1' }, secondary: { email: 'a@x.example' } })
    const merged = await person('A-1')
    expect(merged).toMatchObject({
      email: 'a@x.example',
      unsubscribed: true,
      attributes: { plan: 'pro', city: 'Oulu' },
    })
    expect((await held('person')).filter(({ email }) => email === 'a@x.example')).toHaveLength(1)
    expect(await held('event')).toMatchObject([{ cio_id: merged?.['cio_id'] }])
    expect(await held('relationship')).toMatchObject([{ cio_id: merged?.['cio_id'] }])
  })

  it('does nothing where one of them is not there', async () => {
    await track.entity({ type: 'person', action: 'merge', primary: { id: 'A-1' }, secondary: { id: 'P-000001' } })
    expect(await person('P-000001')).toBeDefined()
  })
})

describe('the App API', () => {
  it('tells up to a hundred people at once, and leaves out who is not there', async () => {
    const read = (ids: readonly string[]) => app.getCustomersAttributes([...ids])
    const { customers } = await read(['P-000001', 'nobody'])
    expect(customers).toMatchObject([
      { customer: { id: 'P-000001', attributes: { unsubscribed: 'false' }, unsubscribed: false } },
    ])
    await expect(read(Array.from({ length: 101 }, (_, n) => `${n}`))).rejects.toMatchObject({ statusCode: 400 })
  })

  it('finds who has an email', async () => {
    const { email } = (await person('P-000001')) ?? {}
    expect(await app.getCustomersByEmail(String(email).toUpperCase())).toMatchObject({ results: [{ id: 'P-000001' }] })
    expect(await app.getCustomersByEmail('nobody@x.example')).toEqual({ results: [] })
  })

  it('takes ten requests a second', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 25 }, () => app.listObjectTypes()))
    const refused = asked.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThanOrEqual(5)
    expect(refused[0]).toMatchObject({ reason: { statusCode: 429 } })
  })

  it('shows what was taken only when it is done, where the fault late is on', async () => {
    await sandbox.setFault('customerio', 'late', { reads: 2, times: 'always' })
    await identify({ id: 'A-1' }, { plan: 'x' })
    const read = () => app.getCustomersAttributes(['A-1'])
    expect(await read()).toEqual({ customers: [] })
    expect(await read()).toMatchObject({ customers: [{ customer: { id: 'A-1' } }] })
  })
})
