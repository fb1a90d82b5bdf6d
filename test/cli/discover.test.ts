/** What `connection discover` says of streams and objects of every kind, word for word. */
import { expect, test } from 'vitest'
import { devYaml } from '../app/dev-yaml.ts'
import { emptyDirectory, linesOf, millrace, write } from './command.ts'

const project = emptyDirectory()
const discover = (...args: readonly string[]) => millrace(project, 'connection', 'discover', 'mill', ...args)

write(project, 'millrace.yaml', devYaml("mill: { connector: mill, base_url: 'http://127.0.0.1:9' }"))
write(
  project,
  'connectors/mill/index.ts',
  `import { connector, object, stream, z } from 'millrace'

const docs = 'https://mill.example/docs'
const list = { path: '/', records: '', page: { kind: 'none' } }
const stamped = { path: '/', records: '', since: 'from', until: 'to', page: { kind: 'none' } }

export default connector({
  name: 'mill',
  config: z.strictObject({ base_url: z.url() }),
  http: ({ config }) => ({ baseUrl: config.base_url, ratePerSecond: 50 }),
  check: async () => undefined,
  streams: {
    people: stream({
      docs, list: stamped, order: 'cursor', key: ['id'], version: 'UpdatedAt', calculated: ['score'], lagMs: 300_000, overlapMs: 60_000,
      columns: { id: 'string', UpdatedAt: 'timestamp', gone: 'boolean', score: 'decimal(38,2)' },
      deletedWhen: { column: 'gone', is: 'true' },
      count: async () => 1,
    }),
    orders: stream({
      docs, list, order: 'none', key: ['id'], columns: { id: 'string', lines: 'json' }, enumerates: true, fullEveryMs: 86_400_000,
      children: [{ name: 'order_lines', docs, key: ['id'], parent: 'order', columns: { id: 'string', order: 'string' } }],
    }),
    segments: stream({ docs, list, order: 'none', key: ['id'], columns: { id: 'integer' }, enumerates: true, fullEveryMs: 0 }),
    messages: stream({ docs, list, order: 'none', key: ['id'], columns: { id: 'string' }, boundedBy: 'id' }),
    links: stream({
      docs, list, order: 'none', key: ['id'], columns: { id: 'string', gone: 'boolean' }, enumerates: false,
      deletedWhen: { column: 'gone', is: 'true', isPartial: true },
    }),
    events: stream({ docs, list, order: 'none', key: ['id'], columns: { id: 'string' }, appendOnly: true }),
    rates: stream({ docs, list, order: 'none', key: [], columns: { rate: 'double' } }),
    shares: stream({
      docs, list, order: 'none', key: ['id'], columns: { id: 'string', gone: 'boolean' },
      deletedWhen: { column: 'gone', is: 'true', isPartial: true },
    }),
    spend: stream({
      docs, list, order: 'none', key: ['day', 'campaign'], boundedBy: 'day', reportsDays: true,
      columns: { day: 'date', campaign: 'string', cost: 'decimal(38,6)' },
    }),
  },
  objects: {
    contact: object({
      docs, delivery: 'at_least_once', match: { email: { normalise: 'lower' } }, operations: ['upsert', 'delete'],
      fields: { email: 'string', unsubscribed: { type: 'boolean', optOut: true } },
      batch: { rows: 1, bytes: 1000 },
      write: async () => [],
    }),
  },
})
`,
)

test('of all: key, cursor, how rows land and how they are found gone', async () => {
  const { code, stdout } = await discover()
  expect(`\n${stdout}`).toMatchInlineSnapshot(`
    "
     stream         key            cursor                lands by        deleted rows                                      fields
     people         id             UpdatedAt             merge           gone says so                                           4
     orders         id             time of the request   merge           not listed any more                                    2
       order_lines  id             with orders           merge           not in its parent any more                             2
     segments       id             all of it, every run  merge           not listed any more                                    1
     messages       id             time of the request   merge           as the vendor tells, or by reconcile                   1
     links          id             time of the request   merge           as the vendor tells                                    2
     events         id             time of the request   append          never                                                  1
     rates          none           all of it, every run  full_refresh    replaced as a whole                                    1
     shares         id             time of the request   merge           gone says so of some; reconcile finds the others       2
     spend          day, campaign  days of day           replace_window  replaced by days                                       3

     object   found by  operations      delivery       opt-outs      fields
     contact  email     upsert, delete  at least once  unsubscribed       2
    "
  `)
  expect(code).toBe(0)
})

test('of one stream: its columns and types, too', async () => {
  expect(`\n${(await discover('people')).stdout}`).toMatchInlineSnapshot(`
    "
     stream people   https://mill.example/docs
       key           id
       cursor        UpdatedAt
       full pass     the first run, and --full-refresh
       lag           rows are waited for 5m; 1m are read again
       backfill      in parts, by UpdatedAt
       lands by      merge
       deleted rows  gone says so
       count         the vendor can say how many there are

     field      column      type
     id         id          string         key
     UpdatedAt  updated_at  timestamp      version
     gone       gone        boolean        deleted
     score      score       decimal(38,2)  calculated
    "
  `)
})

test('of a stream that comes inside another one', async () => {
  expect(`\n${(await discover('order_lines')).stdout}`).toMatchInlineSnapshot(`
    "
     stream order_lines   https://mill.example/docs
       key           id
       cursor        with orders
       full pass     with orders
       lag           none
       backfill      with orders
       lands by      merge
       deleted rows  not in its parent any more
       count         the vendor does not say how many there are

     field  column  type
     id     id      string  key
     order  order   string
    "
  `)
})

test('of an object', async () => {
  expect(`\n${(await discover('contact')).stdout}`).toMatchInlineSnapshot(`
    "
     object contact   https://mill.example/docs
       found by      email
       operations    upsert, delete
       delivery      at least once

     field         type
     email         string   key
     unsubscribed  boolean  opt_out only
    "
  `)
})

test('with --json, a line each', async () => {
  const lines = linesOf(await discover('--json'))
  expect(lines.map(({ type, name }) => [type, name])).toEqual([
    ...['people', 'orders', 'order_lines', 'segments', 'messages', 'links', 'events', 'rates', 'shares', 'spend'].map(
      (name) => ['stream', name],
    ),
    ['object', 'contact'],
    ['result', undefined],
  ])
  expect(lines[0]).toEqual({
    type: 'stream',
    name: 'people',
    docs: 'https://mill.example/docs',
    key: ['id'],
    cursor: {
      version: 'UpdatedAt',
      order: 'cursor',
      bounded_by: 'UpdatedAt',
      lag_seconds: 300,
      overlap_seconds: 60,
      full_every_seconds: null,
    },
    mode: 'merge',
    fields: { id: 'string', UpdatedAt: 'timestamp', gone: 'boolean', score: 'decimal(38,2)' },
    columns: { id: 'id', UpdatedAt: 'updated_at', gone: 'gone', score: 'score' },
    deletes: ['flagged'],
    deleted_field: 'gone',
    calculated: ['score'],
    counts: true,
    inside: null,
  })
  expect(lines[2]).toMatchObject({ inside: 'orders', deletes: ['with_parent'] })
  expect(lines[10]).toMatchObject({ key: ['email'], delivery: 'at_least_once', opt_outs: ['unsubscribed'] })
})

test('of none that there is: the nearest (exit 2)', async () => {
  const { code, stderr } = await discover('peopel')
  expect(stderr).toContain('mill has no stream and no object `peopel`')
  expect(stderr).toContain('Did you mean `people`?')
  expect(code).toBe(2)
})
