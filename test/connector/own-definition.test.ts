// A slip in the definition of a connector of one's own, which nobody has checked against types: it is refused before anything is read or
// sent by it, and never read as something else.
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { ObjectDefinition, OpenedConnector, Stream, StreamDefinition } from '../../src/connector/contract.ts'
import { connector, object, stream } from '../../src/connector/define.ts'
import type { DestinationObject } from '../../src/connector/destination.ts'
import type { Http } from '../../src/connector/host.ts'
import { ownConnector } from '../../src/connector/own-connector.ts'
import { z } from '../../src/index.ts'
import { never, quickHost } from './fake-vendor.ts'

const page = { kind: 'offset', param: 'offset', size: { param: 'limit', value: 2 } }
const list = { path: '/orders', records: 'data', since: 'since', sinceFormat: 'unix', query: { all: 1 }, page }
const orders = {
  docs: 'https://docs.example.com/orders',
  key: ['id'],
  order: 'none',
  enumerates: true,
  columns: { id: 'integer', at: 'timestamp' },
  fullEveryMs: 86_400_000,
  lagMs: 0,
  overlapMs: 60_000,
  children: [{ name: 'lines', docs: '', key: ['id'], columns: { id: 'integer', order: 'integer' }, parent: 'order' }],
  list,
  count: { path: '/orders/count', value: 'total' },
}

const person = {
  docs: 'https://docs.example.com/people',
  delivery: 'idempotent',
  match: { email: { normalise: 'lower' }, id: { normalise: 'exact', operations: ['update'] } },
  fields: { email: 'string', unsubscribed: { type: 'boolean', nullable: false, optOut: true } },
  otherFields: [{ pattern: /^x\./, type: 'any' }],
  operations: ['upsert', 'update'],
  batch: { rows: 50, bytes: Infinity },
  write: () => Promise.resolve([]),
}

/** What is not typed. */
type Parts = { readonly streams?: object; readonly objects?: object }

async function describe({ streams = { orders }, objects = { person }, ...more }: Parts): Promise<readonly string[]> {
  const shop = connector({
    name: 'shop',
    config: z.strictObject({}),
    http: () => ({ baseUrl: 'http://127.0.0.1:1' }),
    streams: streams as { orders: StreamDefinition },
    objects: objects as { person: ObjectDefinition },
    ...more,
  })
  const opened = ownConnector(await shop.open({ config: {} as never, host: quickHost() }), owner) // it has no keys
  const described = [
    ...((await opened.streams?.({ signal: never })) ?? []),
    ...((await opened.objects?.({ signal: never })) ?? []),
  ]
  return described.map(({ name }) => name)
}

const owner = { name: 'shop', folder: '/nowhere' }

it('what is as it should be is taken, made by `stream` and `object` or not', async () => {
  expect(await describe({})).toEqual(['orders', 'person'])
  const made = { streams: { orders: stream(orders as never) }, objects: { person: object(person as never) } } // the same
  expect(await describe(made)).toEqual(['orders', 'person'])
})

const paging = (other: object) => ({ list: { ...list, page: { ...page, ...other } } })

it.each<[object, string]>([
  // Only the first page would be read.
  [
    paging({ kind: 'Offset' }),
    '`list.page.kind` is Offset, which is none of cursor, after, page, offset, link, none; did you mean offset?',
  ],
  [paging({ kind: undefined }), '`list.page.kind` is missing'],
  [{ list: { ...list, page: undefined } }, '`list.page.kind` is missing'],
  [paging({ size: undefined }), '`list.page.size` is missing'],
  [paging({ size: { param: 'limit' } }), '`list.page.size.value` is missing'],
  [paging({ next: 'more' }), '`list.page.next` is not known; known are kind, param, size'],
  [
    { list: { ...list, sinceFormat: 'ISO' } },
    '`list.sinceFormat` is ISO, which is none of iso, unix; did you mean iso?',
  ],
  // Every scan would be full.
  [{ list: { ...list, Since: 'since' } }, '`list.Since` is not known; did you mean since?'],
  [{ list: { ...list, query: { all: ['a'] } } }, '`list.query.all` is no text, number or boolean'],
  // Rows of any status would come.
  [
    { list: { ...list, query: new URLSearchParams({ status: 'paid' }) } },
    '`list.query` is no record of parameter and value',
  ],
  [{ count: { path: '/count' } }, '`count.value` is missing'],
  [{ count: 'total' }, '`count` is total, which is no function'],
  // No pass over everything would ever be due again.
  [{ fullEveryMs: '1d' }, '`fullEveryMs` is 1d, which is no number of milliseconds'],
  [{ lagMs: '1h' }, '`lagMs` is 1h, which is no number of milliseconds'],
  [{ overlapMs: -1 }, '`overlapMs` is -1, which is no number of milliseconds'],
  [{ enumarates: true }, '`enumarates` is not known; did you mean enumerates?'],
  [{ enumerates: 'yes' }, '`enumerates` is yes, which is no boolean'],
  [{ order: 'Cursor' }, '`order` is Cursor, which is none of cursor, none; did you mean cursor?'],
  [
    { deletedWhen: { column: 'at', is: 'set', IsPartial: true } },
    '`deletedWhen.IsPartial` is not known; did you mean isPartial?',
  ],
  [
    { minorUnits: { currency: 'currency', amounts: 'total' } },
    '`minorUnits.amounts` is total, which is no list of fields',
  ],
  [
    { children: [{ ...orders.children[0], parents: 'order' }] },
    '`children.lines.parents` is not known; did you mean parent?',
  ],
  [{ children: ['lines'] }, '`children[0]` is lines, which is no object'],
])('a stream with %j is refused', async (parts, words) => {
  await expect(describe({ streams: { orders: { ...orders, ...parts } } })).rejects.toMatchObject({
    code: 'MR-1401',
    message: `The connector shop cannot be opened: the stream orders: ${words}${words.endsWith('?') ? '' : '.'}`,
    exitCode: 2,
  })
})

const field = (other: object) => ({ fields: { ...person.fields, unsubscribed: { type: 'boolean', ...other } } })

it.each<[object, string]>([
  // It would be mapped as any other field, and its off values sent.
  [field({ optout: true }), '`fields.unsubscribed.optout` is not known; did you mean optOut?'],
  [field({ optOut: 'yes' }), '`fields.unsubscribed.optOut` is yes, which is no boolean'],
  [
    field({ type: 'bool' }),
    '`fields.unsubscribed.type` is bool, which is none of string, number, boolean, date, timestamp, unix_seconds, json',
  ],
  [
    { fields: { email: 'text' } },
    '`fields.email` is text, which is none of string, number, boolean, date, timestamp, unix_seconds, json',
  ],
  [{ fields: undefined }, '`fields` is missing'],
  [{ match: undefined }, '`match` is missing'],
  [{ match: ['email'] }, '`match` is no record of field and how it is compared'],
  [{ match: { email: { normalize: 'lower' } } }, '`match.email.normalize` is not known; did you mean normalise?'],
  [
    { match: { email: { normalise: 'upper' } } },
    '`match.email.normalise` is upper, which is none of exact, trim, lower',
  ],
  [{ operations: undefined }, '`operations` is missing'],
  [{ operations: 'upsert' }, '`operations` is upsert, which is no list of operations'],
  [
    { operations: ['upsrt'] },
    '`operations[0]` is upsrt, which is none of upsert, update, insert, delete, clear, set; did you mean upsert?',
  ],
  [{ batch: undefined }, '`batch` is missing'],
  [{ batch: { rows: 50 } }, '`batch.bytes` is missing'],
  [{ batch: { rows: '50', bytes: 1 } }, '`batch.rows` is 50, which is no number from 1'],
  [{ batch: { ...person.batch, rowbytes: 5 } }, '`batch.rowbytes` is not known; did you mean rowBytes?'],
  [{ otherFields: [{ pattern: '^x', type: 'any' }] }, '`otherFields[0].pattern` is ^x, which is no regular expression'],
  [{ write: undefined }, '`write` is missing'],
  [{ readback: () => [] }, '`readback` is not known; did you mean readBack?'],
])('an object with %j is refused', async (parts, words) => {
  await expect(describe({ objects: { person: { ...person, ...parts } } })).rejects.toMatchObject({
    code: 'MR-1401',
    message: `The connector shop cannot be opened: the object person: ${words}${words.endsWith('?') ? '' : '.'}`,
    exitCode: 2,
  })
})

it.each<[object, string]>([
  [{ stream: {} }, '`stream` is not known; did you mean streams?'],
  [{ streams: [orders] }, '`streams` is no record of name and stream'],
  [{ rowsAreOfAccount: 'yes' }, '`rowsAreOfAccount` is yes, which is no boolean'],
  [{ streamNames: 'orders' }, '`streamNames` is orders, which is no list of names'],
])('a connector with %j is refused', async (parts, words) => {
  await expect(describe(parts)).rejects.toThrow(`The connector shop cannot be opened: ${words}`)
})

const opening = (parts: object): OpenedConnector =>
  ownConnector(
    {
      check: () => Promise.resolve(),
      account: () => Promise.resolve('a'),
      streams: async () => [parts as Stream],
      objects: async () => [parts as DestinationObject],
    },
    owner,
  )

it('what `open` gives is held to the same', async () => {
  const { list: _list, count: _count, ...described } = { ...orders, name: 'orders', read: () => undefined }
  expect(await opening(described).streams?.({ signal: never })).toHaveLength(1)
  await expect(opening({ ...described, lagMs: undefined }).streams?.({ signal: never })).rejects.toThrow(
    'failed at describing orders: `lagMs` is missing',
  )
  await expect(opening({ ...described, list }).streams?.({ signal: never })).rejects.toThrow('`list` is not known')
  const taking = { ...person, name: 'person', preview: () => [] }
  expect(await opening(taking).objects?.({ signal: never })).toHaveLength(1)
  await expect(opening({ ...taking, ...field({ optout: true }) }).objects?.({ signal: never })).rejects.toThrow(
    'failed at describing person: `fields.unsubscribed.optout` is not known; did you mean optOut?',
  )
})

it.each<[string, Parts]>([
  ['a member that is undefined', { streams: { orders: { ...orders, note: undefined, version: undefined } } }],
  [
    'parameters as `http` takes them',
    { streams: { orders: { ...orders, list: { ...list, query: { archived: false, of: undefined, by: null } } } } },
  ],
  ['a pass over everything that is never due again', { streams: { orders: { ...orders, fullEveryMs: Infinity } } }],
  [
    'a pattern of another realm',
    { objects: { person: { ...person, otherFields: [{ pattern: runInNewContext('/^x/'), type: 'any' }] } } },
  ],
  ['frozen objects', { streams: Object.freeze({ orders: Object.freeze(orders) }) }],
])('%s is taken', async (_, parts) => {
  expect(await describe(parts)).toEqual(['orders', 'person'])
})

it('what is of a class may have what it likes beside its members', async () => {
  class Described {
    cache = new Map<string, string>()
  }
  const { list: _list, count: _count, ...described } = { ...orders, name: 'orders', read: () => undefined }
  const ofClass = Object.assign(new Described(), described)
  expect(await opening(ofClass).streams?.({ signal: never })).toHaveLength(1)
})

it.each<[object, string]>([
  [{ ratePersecond: 2 }, '`ratePersecond` is not known; did you mean ratePerSecond?'],
  // No request would ever go.
  [{ ratePerSecond: 0 }, '`ratePerSecond` is 0, which is no number above 0'],
  [{ timeoutMs: '30s' }, '`timeoutMs` is 30s, which is no number of milliseconds'],
  [{ baseUrl: undefined }, '`baseUrl` is missing'],
  // `Bearer null` would go, and what came in its place may be the secret.
  [{ bearer: null }, '`bearer` is no text'],
  [{ headers: { 'x-key': { key: 'secret' } } }, '`headers.x-key` is no text'],
  [{ headers: new Headers({ 'x-key': 'k' }) }, '`headers` is no record of header and text'],
  [{ basic: { user: 'u' } }, '`basic.password` is missing'],
])('http with %j is refused', async (parts, words) => {
  const { definition, host } = { definition: { name: 'shop', config: z.strictObject({}) }, host: quickHost() }
  const http = () => ({ baseUrl: 'http://127.0.0.1:1', ...parts })
  await expect(connector({ ...definition, http }).open({ config: {} as never, host })).rejects.toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining(`of what its connector gives as http, ${words}`),
  })
})

const form = new URLSearchParams({ status: 'paid' })

it.each<[string, (http: Http) => Promise<unknown>, string]>([
  // Rows of any status would come.
  [
    'GET',
    (http) => http.get('/a', { signal: never, query: form as never }),
    '`query` is no record of parameter and value',
  ],
  ['GET', (http) => http.get('/a', { signal: never, query: 'status=paid' as never }), '`query` is no record'],
  [
    'GET',
    (http) => http.get('/a', { signal: never, headers: new Headers({ 'x-key': 'k' }) as never }),
    '`headers` is no record',
  ],
  // {} would be sent, and taken.
  ['POST', (http) => http.post('/a', form, { signal: never }), '`body` is no JSON'],
  ['PUT', (http) => http.put('/a', new Map([['status', 'paid']]), { signal: never }), '`body` is no JSON'],
])('a %s of which nothing would be sent is refused', async (method, send, words) => {
  const host = quickHost()
  await expect(send(host.http({ baseUrl: 'http://127.0.0.1:1' }))).rejects.toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining(`${method} /a: of what the connector gives this request, ${words}`),
  })
  expect(host.requests()).toBe(0)
})

it('http takes what there is', () => {
  const basic = { user: 7, password: '' } as never // an id that is a number is as good
  const headers = { 'x-team': undefined } as never // as above
  const options = {
    baseUrl: 'http://127.0.0.1:1',
    basic,
    headers,
    ratePerSecond: 0.5,
    timeoutMs: 1,
    classify: () => undefined,
  }
  expect(quickHost().http(options)).toHaveProperty('get')
})

it.each<[object, string]>([
  [{ rowsareofaccount: true }, '`rowsareofaccount` is not known; did you mean rowsAreOfAccount?'],
  [{ streams: [orders] }, '`streams` is no function'],
])('an opened connector with %j is refused', (parts, words) => {
  const opened = { check: () => Promise.resolve(), account: () => Promise.resolve('a'), ...parts }
  expect(() => ownConnector(opened as OpenedConnector, owner)).toThrow(`The connector shop failed at opening: ${words}`)
})

class Orders {
  readonly #columns = { id: 'integer', at: 'timestamp' }
  readonly name = 'orders'
  readonly lagMs = 0
  readonly overlapMs = 0
  readonly children = []
  readonly key = ['id']
  get columns() {
    return this.#columns
  }
  get version() {
    return 'at'
  }
  loads(field: string) {
    return Object.hasOwn(this.#columns, field)
  }
  /** Whatever else it has is none of ours. */
  get session(): never {
    throw new Error('nobody is signed in')
  }
  async *read() {
    yield* []
  }
}

class People {
  readonly #sent = 7
  readonly name = 'person'
  readonly match = person.match
  readonly operations = ['upsert']
  readonly batch = person.batch
  get fields() {
    return person.fields
  }
  size() {
    return this.#sent
  }
  async write() {
    return Array.from({ length: this.#sent - 6 }, () => ({ outcome: 'ok' }))
  }
}

it('what its class gives it is a member of it, too', async () => {
  const [stream] = (await opening(new Orders()).streams?.({ signal: never })) ?? []
  expect(stream).toMatchObject({ version: 'at', columns: { id: 'integer' } })
  expect(stream?.loads?.('id', {})).toBe(true)
  const [taking] = (await opening(new People()).objects?.({ signal: never })) ?? []
  expect(taking).toMatchObject({ fields: person.fields })
  expect(taking?.size?.({} as never)).toBe(7) // it looks at none
})
