import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChildStream, OpenedConnector, ScanItem, Stream } from '../../src/connector/contract.ts'
import { openWorld, type streamConfig, type RunOptions, type World } from './world.ts'

let world: World
/** What the vendor has: of each invoice its lines, whose ids are their own. */
let invoices: Map<number, readonly number[]>
beforeEach(() => {
  world = openWorld()
  invoices = new Map([
    [1, [11, 12]],
    [2, [21]],
  ])
})
afterEach(() => world.close())

type Lines = Partial<Pick<ChildStream, 'key' | 'parent'>>

/** A vendor that lists what is asked for: `only`, or everything. */
function vendorOf(lines: Lines = {}, { only, more = {} }: { only?: readonly number[]; more?: Partial<Stream> } = {}) {
  const stream: Stream = {
    name: 'invoices',
    docs: 'https://docs.example.com/invoices',
    key: ['id'],
    columns: { id: 'integer', note: 'string' },
    order: 'none',
    enumerates: only === undefined,
    lagMs: 0,
    overlapMs: 0,
    children: [
      {
        name: 'lines',
        docs: 'https://docs.example.com/lines',
        key: ['line'],
        parent: 'invoice',
        columns: { line: 'integer', invoice: 'integer', of: 'integer' },
        ...lines,
      },
    ],
    async *read(): AsyncGenerator<ScanItem> {
      const listed = [...invoices].filter(([id]) => only?.includes(id) ?? true)
      const readAt = world.clock()
      await Promise.resolve()
      yield { kind: 'records', readAt, records: listed.map(([id]) => ({ id, note: `n${id}` })) }
      const records = listed.flatMap(([id, own]) => own.map((line) => ({ line, invoice: id, of: id })))
      const parents = listed.map(([id]) => `${id}`)
      yield { kind: 'records', readAt, child: { stream: 'lines', parents }, records }
      yield { kind: 'checkpoint', resume: 'end' }
    },
    ...more,
  }
  return {
    check: () => Promise.resolve(),
    account: () => Promise.resolve('acct'),
    now: () => Promise.resolve(world.clock()),
    streamNames: () => Promise.resolve(['invoices', 'lines']),
    streams: () => Promise.resolve([stream]),
  } satisfies OpenedConnector
}

type Config = Parameters<typeof streamConfig>[0]
const streams = (invoicesAre: Config = {}, linesAre: Config = {}) => [
  { name: 'invoices', ...invoicesAre },
  { name: 'lines', ...linesAre },
]
const run = (connector: OpenedConnector, options: RunOptions = {}) =>
  world.run(connector, { streams: streams(), maxShrink: { fraction: 1 }, ...options })
const live = async () =>
  (await world.rows(`SELECT line FROM crm.lines WHERE _deleted_at IS NULL ORDER BY line`)).map(({ line }) => line)

describe('rows inside others are refused', () => {
  it.each([
    [
      'are known by other fields',
      { key: ['invoice', 'line'] },
      'are known by line, and what comes now by invoice, line',
    ],
    [
      'name their parent in another field',
      { parent: 'of' },
      'name what they are of in invoice, and what comes now names it in of',
    ],
  ] as const)('where those that come %s, until the table is dropped', async (_, lines, words) => {
    expect((await run(vendorOf())).errors).toEqual([])
    for (const fullRefresh of [false, true])
      expect((await run(vendorOf(lines), { fullRefresh })).errors).toEqual([
        expect.objectContaining({
          code: 'MR-2201',
          message: expect.stringContaining(`lines: the rows of crm.lines ${words}`),
          next: [expect.stringContaining('drop table crm.lines;'), expect.stringContaining('schema')],
        }),
      ])
    expect(await live()).toEqual(['11', '12', '21'])
    invoices = new Map([[1, [12]]])
    await world.rows('DROP TABLE crm.lines')
    expect((await run(vendorOf(lines))).errors).toEqual([])
    expect(await live()).toEqual(['12'])
    invoices = new Map([[1, [12, 13]]])
    expect((await run(vendorOf(lines))).errors).toEqual([])
    expect(await live()).toEqual(['12', '13'])
  })

  it('where they were left out for a while', async () => {
    await run(vendorOf())
    expect((await run(vendorOf(), { streams: [{ name: 'invoices' }] })).errors).toEqual([])
    expect((await run(vendorOf({ key: ['invoice', 'line'] }))).errors).toMatchObject([{ code: 'MR-2201' }])
  })

  it('of a stream that is replaced as a whole', async () => {
    const replaced = { streams: streams({ mode: 'full_refresh' }) }
    await run(vendorOf(), replaced)
    expect((await run(vendorOf({ parent: 'of' }), replaced)).errors).toMatchObject([{ code: 'MR-2201' }])
  })

  it('and not where nothing is known of their key: a cursor of before has none', async () => {
    await run(vendorOf())
    await world.rows(`UPDATE _millrace.cursors SET marks = json_merge_patch(marks, '{"asked":{"childKeys":null}}')`)
    expect((await run(vendorOf({ key: ['invoice', 'line'] }), { limit: 1 })).errors).toEqual([])
  })

  it('and not by the run after one that died when it had made their table anew', async () => {
    await run(vendorOf())
    await world.rows('DROP TABLE crm.lines')
    const lines = { key: ['invoice', 'line'] }
    const read: Stream['read'] = async function* () {
      yield { kind: 'checkpoint', resume: 'begun' }
      await Promise.resolve()
      throw new Error('the vendor is away')
    }
    expect((await run(vendorOf(lines, { more: { read } }))).errors).toHaveLength(1)
    expect((await run(vendorOf(lines))).errors).toEqual([])
    expect(await live()).toEqual(['11', '12', '21'])
  })
})

describe('a masked key is the same hash in the rows inside', () => {
  const hashed = { mask: { id: 'sha256' } } as const
  const joined = () =>
    world.rows(
      `SELECT p.note, c.line FROM crm.invoices p JOIN crm.lines c ON c.invoice = p.id WHERE c._deleted_at IS NULL ORDER BY c.line`,
    )

  it.each([
    ['by itself', streams(hashed)],
    ['where they say so too', streams(hashed, { mask: { invoice: 'sha256' } })],
  ])('%s, and what is gone of them goes', async (_, masked) => {
    await run(vendorOf(), { streams: masked })
    expect(await world.rows(`SELECT invoice FROM crm.lines WHERE line = 11`)).toEqual(
      await world.rows(`SELECT sha256('1') AS invoice`),
    )
    invoices.set(1, [12])
    expect((await run(vendorOf({}, { only: [1] }), { streams: masked })).streams['lines']).toMatchObject({ swept: 1 })
    expect(await joined()).toEqual([
      { note: 'n1', line: '12' },
      { note: 'n2', line: '21' },
    ])
  })

  it('and so are rejects of them', async () => {
    invoices.set(1, [11, Number.NaN])
    await run(vendorOf({ key: ['invoice', 'line'] }), { streams: streams(hashed) })
    expect(await world.rows(`SELECT "row" FROM _millrace.rejects`)).toEqual([
      { row: expect.stringContaining('"invoice":"***"') },
    ])
  })

  it('though the parent’s stands in clear', async () => {
    await run(vendorOf(), { streams: streams({}, { mask: { invoice: 'sha256' } }) })
    invoices.set(1, [])
    await run(vendorOf({}, { only: [1] }), { streams: streams({}, { mask: { invoice: 'sha256' } }) })
    expect(await live()).toEqual(['21'])
  })

  it('and no other mask', async () => {
    await expect(run(vendorOf(), { streams: streams(hashed, { mask: { invoice: 'redact' } }) })).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('lines.invoice cannot be masked with redact: it is its parent’s key'),
      next: ['Mask it with sha256, which keeps rows apart.'],
    })
  })

  it('and rows that stand with the other are refused with those of their parent, and loaded anew', async () => {
    await run(vendorOf())
    const { errors } = await run(vendorOf(), { streams: streams(hashed) })
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'MR-2201',
        message: expect.stringMatching(
          /invoices are known by id, .* by id \(sha256\).*lines name what they are of in invoice,/,
        ),
        next: [
          expect.stringContaining('  drop table crm.invoices; drop table crm.lines;  '),
          expect.stringContaining('schema'),
        ],
      }),
    ])
    await world.rows('DROP TABLE crm.invoices')
    await world.rows('DROP TABLE crm.lines')
    expect((await run(vendorOf(), { streams: streams(hashed) })).errors).toEqual([])
    expect(await joined()).toHaveLength(3)
  })
})
