/**
 * Holds the connector and its simulator against Customer.io's own descriptions of its APIs (docs.customer.io/files/journeys-track.json
 * and journeys-app.json), where it is pointed at the folder with one of them or both: MILLRACE_CUSTOMERIO_DESCRIPTION=…
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import customerio from '../../../connectors/customerio/index.ts'
import simulator from '../../../connectors/customerio/sandbox.ts'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import { openRecorded, type Recorded } from '../open-api-exchanges.ts'
import { isServed, readOpenApi } from '../open-api.ts'
import { change } from './open-customerio.ts'

const folder = process.env['MILLRACE_CUSTOMERIO_DESCRIPTION']
const read = (name: string) => {
  const file = folder && readdirSync(folder).find((each) => each.includes(name) && each.endsWith('.json'))
  return file ? readOpenApi(readFileSync(join(folder, file), 'utf8')) : null
}
const track = read('track')
const app = read('app')

let recorded: Recorded
beforeAll(async () => {
  if (!track && !app) return
  recorded = await openRecorded({
    connector: customerio,
    simulator,
    keys: { app_api_key: sandboxCredentials.appKey, poll_interval_ms: 5, page_rows: 20, settle_seconds: 0 },
  })
  await recorded.opened.check(recorded.host.context(new AbortController().signal))
  await writeAll(recorded)
  await refuseSome(recorded)
  await recorded.sandbox.move(1)
  for (const name of customerio.streamNames ?? []) await recorded.read(name)
})
afterAll(async () => {
  await recorded?.[Symbol.asyncDispose]()
})

describe.skipIf(!track)(
  'the Track API (skipped where MILLRACE_CUSTOMERIO_DESCRIPTION has no journeys-track.json)',
  () => {
    const own = () => recorded.exchanges.filter(({ path }) => path.startsWith('/api/'))

    it('is what the simulator serves', () => {
      const endpoints = Object.keys(simulator.coverage).filter((endpoint) => endpoint.includes(' /api/'))
      expect(endpoints.length).toBeGreaterThan(2)
      expect(endpoints.filter((endpoint) => !track || !isServed(track, endpoint))).toEqual([])
    })

    it('knows what the connector sends', () => {
      const sent = own().filter(({ status }) => status === 200 || status === 207)
      expect(sent.length).toBeGreaterThan(5)
      expect(unique(sent.flatMap((each) => track?.checkRequest(each) ?? []))).toEqual([])
    })

    it('answers so', () => {
      expect(new Set(own().map(({ status }) => status))).toEqual(new Set([200, 207, 400, 401]))
      expect(unique(own().flatMap((each) => track?.checkAnswer(each) ?? []))).toEqual([])
    })
  },
)

describe.skipIf(!app)('the App API (skipped where MILLRACE_CUSTOMERIO_DESCRIPTION has no journeys-app.json)', () => {
  const own = () => recorded.exchanges.filter(({ path }) => path.startsWith('/v1/'))

  it('is what the simulator serves', () => {
    const endpoints = Object.keys(simulator.coverage).filter((endpoint) => endpoint.includes(' /v1/'))
    expect(endpoints.filter((endpoint) => !app || !isServed(app, endpoint))).toEqual([])
  })

  it('knows what the connector asks for', () => {
    expect(unique(own().flatMap((each) => app?.checkRequest(each) ?? []))).toEqual([])
  })

  it('answers so', () => {
    expect(unique(own().flatMap((each) => app?.checkAnswer(each) ?? []))).toEqual([])
  })
})

/** Each object, in each of the ways that it can be written. */
async function writeAll({ write }: Recorded): Promise<void> {
  await write('person', 'id', [
    change('A-1', { email: 'a@x.example', created_at: 1_790_000_000, unsubscribed: true, seats: 12, tags: ['a'] }),
    change('A-2', { 'cio_subscription_preferences.topics.topic_3': false, city: null }),
    change('A-1', { city: 'Paris' }, { op: 'update' }),
    change('A-2', { city: null }, { op: 'clear' }),
  ])
  await write('person', 'email', [change('b@x.example', { name: 'B' }, { match: 'email' })])
  await write('event', 'event_id', [
    change(
      'o-1',
      { name: 'order placed', 'identifiers.id': 'A-1', timestamp: 1_790_000_000, 'attributes.total': 1 },
      { op: 'insert', match: 'event_id' },
    ),
    change('o-2', { name: 'order placed', 'identifiers.email': 'b@x.example' }, { op: 'insert', match: 'event_id' }),
  ])
  const type = { object_type_id: '1' }
  await write('object', 'object_id', [change('acme', { name: 'Acme', seats: 3 }, { match: 'object_id' })], type)
  const member = { match: 'identifiers.id' } as const
  await write(
    'relationship',
    'identifiers.id',
    [change('A-1', { object_id: 'acme', 'relationship_attributes.role': 'admin' }, member)],
    type,
  )
  await write(
    'relationship',
    'identifiers.id',
    [change('A-1', { object_id: 'acme' }, { ...member, op: 'delete' })],
    type,
  )
  await write('object', 'object_id', [change('acme', {}, { match: 'object_id', op: 'delete' })], type)
  await write('person', 'id', [change('A-2', {}, { op: 'delete' })])
  await write('suppression', 'id', [change('A-2', {}, { op: 'insert' })])
}

/** A batch with refused items, one that is refused whole, an entity that is refused, wrong keys. */
async function refuseSome({ sandbox, exchanges, write }: Recorded): Promise<void> {
  await sandbox.setFault('customerio', 'bad_items', { ids: ['A-3'] })
  await write('person', 'id', [change('A-3', { city: 'x' }), change('A-4', { city: 'x' })])
  await sandbox.setFault('customerio', 'bad_items', null)
  const { port } = sandbox.addresses['customerio'] ?? { port: 0 }
  const authorization = exchanges.findLast(({ path }) => path === '/api/v2/batch')?.headers['authorization'] ?? ''
  const post = (path: string, body: object, headers = { authorization }) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await post('/api/v2/batch', {})
  await post('/api/v2/entity', { type: 'person', action: 'identify', identifiers: { id: 'A-5' } })
  await post('/api/v2/entity', { type: 'person', action: 'nothing' })
  await post('/api/v2/batch', { batch: [] }, { authorization: 'Basic eDp5' })
}

const unique = (said: readonly string[]) => [...new Set(said)]
