import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { OpenedConnector, Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import type { DestinationObject, WriteContext } from '../../src/connector/destination.ts'
import { ownConnector } from '../../src/connector/own-connector.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'

const owner = { name: 'parcelo', folder: fileURLToPath(new URL('.', import.meta.url)) }
const signal = new AbortController().signal

const order = {
  name: 'order',
  match: {},
  fields: {},
  operations: ['upsert'],
  batch: { rows: 1, bytes: 1 },
  preview: () => [],
  write: () => Promise.resolve([]),
}

const opened = (parts: object) =>
  ownConnector(
    {
      check: () => Promise.reject(new TypeError('no keys')),
      account: () => Promise.resolve('a'),
      streams: () =>
        Promise.resolve([
          {
            name: 'orders',
            key: ['id'],
            columns: { id: 'string', doc: 'json' },
            children: [],
            lagMs: 0,
            overlapMs: 0,
            read: () => undefined,
            ...parts,
          } as unknown as Stream,
        ]), // what is not typed
      objects: () => Promise.resolve([{ ...order, ...parts } as unknown as DestinationObject]), // the same
    } satisfies OpenedConnector,
    owner,
  )

async function itemsOf(...items: readonly unknown[]): Promise<readonly ScanItem[]> {
  const connector = opened({
    children: [{ name: 'lines', key: ['id'], parent: 'id', columns: { id: 'string' } }],
    async *read() {
      yield* items
    },
  })
  const [stream] = (await connector.streams?.({ signal })) ?? []
  const all: ScanItem[] = []
  // Nothing else of either is looked at.
  for await (const item of stream?.read({ fields: ['id', 'doc'] } as unknown as Scan, { signal } as never) ?? [])
    all.push(item)
  return all
}

async function answersOf(answer: unknown) {
  const [object] = (await opened({ write: () => Promise.resolve(answer) }).objects?.({ signal })) ?? []
  return object?.write([], { signal } as WriteContext)
}

const file = (parts: object) => ({
  kind: 'file',
  readAt: new Date(),
  path: fileURLToPath(import.meta.url),
  format: 'ndjson',
  rows: 1,
  ...parts,
})

const gone = { kind: 'tombstones', readAt: new Date(), keys: [{ id: '1' }], version: null }

function circle() {
  const more: { me?: object } = {}
  more.me = more
  return { id: 1, more }
}

const records = (record: object) => ({ kind: 'records', readAt: new Date(), records: [record] })

it('what it throws is told as its own, with the place in its code', async () => {
  const error: unknown = await opened({})
    .check({ signal })
    .catch((caught: unknown) => caught)
  expect(error).toMatchObject({
    code: 'MR-1401',
    message: 'The connector parcelo failed at checking the connection: TypeError: no keys',
    next: [expect.stringMatching(/own-connector\.test\.ts:\d+/)],
  })
})

it('an error of ours that it throws stays what it is', async () => {
  const connector = opened({ write: () => Promise.reject(new MillraceError('MR-3004', { message: 'no' })) })
  const [object] = (await connector.objects?.({ signal })) ?? []
  await expect(object?.write([], { signal } as WriteContext)).rejects.toMatchObject({ code: 'MR-3004' })
})

it('a full disk stays one', async () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const connector = opened({ write: () => Promise.reject(full) })
  const [object] = (await connector.objects?.({ signal })) ?? []
  await expect(object?.write([], { signal } as WriteContext)).rejects.toMatchObject({ code: 'MR-2004' })
})

it.each([
  ['a checkpoint with a Map', { kind: 'checkpoint', resume: new Map([[1, 2]]) }, 'is not JSON'],
  ['a checkpoint with a big integer', { kind: 'checkpoint', resume: { at: 1n } }, 'is not JSON'],
  ['a checkpoint with nothing', { kind: 'checkpoint', resume: undefined }, 'is not JSON'],
  ['an invalid Date', records({ id: 1, at: new Date('never') }), 'at is an invalid Date'],
  ['a Map in a cell', records({ id: 1, tags: new Map() }), 'tags is a Map'],
  ['nothing at all', undefined, 'it yielded undefined without a `readAt`'],
  ['a batch without its time', { kind: 'records', records: [] }, 'a batch of records without a `readAt`'],
  ['a batch of a kind that there is not', { kind: 'rows', readAt: new Date() }, 'a batch of rows, which there is not'],
  ['records that are no list', { kind: 'records', readAt: new Date(), records: {} }, 'are no list'],
  ['a record that is none', { kind: 'records', readAt: new Date(), records: ['x'] }, 'a record is x'],
  [
    'lines of another number',
    { kind: 'lines', readAt: new Date(), rows: 3, lines: Buffer.from('{"a":1}\n{"a":2}') },
    'says that it has 3 rows, and has 2 lines',
  ],
  ['a function in a cell', records({ id: 1, f: () => 1 }), 'f is a function'],
  ['an invalid Date inside a value', records({ j: { at: [{ d: new Date('x') }] } }), 'j.at[0].d is an invalid Date'],
  ['a Set inside a value', records({ j: { s: new Set([1]) } }), 'j.s is a Set'],
  ['a Map in a list', records({ j: [1, new Map()] }), 'j[1] is a Map'],
  ['a function inside a value', records({ j: { f: () => 1 } }), 'j.f is a function'],
  ['NaN inside a value', records({ j: { n: Number.NaN } }), 'j.n is NaN'],
  ['Infinity in a field of JSON', records({ doc: Number.POSITIVE_INFINITY }), 'doc is Infinity'],
  ['a regular expression', records({ re: /x/ }), 're is a RegExp'],
  ['an Error inside a value', records({ j: { e: new Error('x') } }), 'j.e is an Error'],
  ['a record that is a Map', { kind: 'records', readAt: new Date(), records: [new Map()] }, 'a record is a Map'],
  ['a record with a circle', records(circle()), 'more.me is what it stands in'],
  [
    'a child that nobody declared',
    { ...records({ id: 1 }), child: { stream: 'linse', parents: [] } },
    'has the children lines',
  ],
  ['parents that are numbers', { ...records({}), child: { stream: 'lines', parents: ['1', 2] } }, '2 (number)'],
  ['parents that are missing', { ...records({}), child: { stream: 'lines' } }, '`parents` that are no list'],
  [
    'a child of a parent whose set did not come',
    { ...records({ id: 2 }), child: { stream: 'lines', parents: ['1'] } },
    'a row of lines has the id 2, which is not among the `parents` of its batch',
  ],
  ['a file that is not there', file({ path: '/nowhere/a.csv' }), '/nowhere/a.csv, which there is not'],
  ['a file of another format', file({ format: 'xml' }), 'of the format xml'],
  ['a file that does not count its rows', file({ rows: undefined }), 'says that it has undefined rows'],
  ['a CSV without a column', file({ format: 'csv' }), 'has no column id, doc'],
  ['a checkpoint with half a character', { kind: 'checkpoint', resume: { at: 'a\ud83d' } }, 'half of a character'],
  ['a checkpoint with a NUL', { kind: 'checkpoint', resume: ['\\\0'] }, 'has a NUL'],
  ['tombstones of no instant', { ...gone, version: 'yesterday' }, 'is yesterday, which is no instant'],
  ['tombstones of a day that there is not', { ...gone, version: '2026-02-30' }, 'is 2026-02-30, which is no instant'],
  ['tombstones of a Date', { ...gone, version: new Date(0) }, 'which is no instant'],
  ['tombstones without their keys', { ...gone, keys: ['1'] }, 'no list of objects'],
])('%s ends the reading, and is named', async (_, item, words) => {
  await expect(itemsOf(item)).rejects.toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining(`failed at reading orders: `),
  })
  await expect(itemsOf(item)).rejects.toThrow(words)
})

it('what a column can hold passes as it is', async () => {
  const twice = { a: [1n, 'x', null, undefined, true], at: new Date(0), word: { toJSON: () => 'word' } }
  const items = [
    records({ id: 1n, at: new Date(0), none: null, left: undefined, deep: { twice, again: twice }, nan: Number.NaN }),
    records(Object.assign(Object.create(null) as object, { id: 1 })),
    { ...records({ id: 1 }), child: { stream: 'lines', parents: ['1'] } },
    file({}),
    gone,
    ...['2026-11-20T10:00:00.123456Z', '2026-11-20 10:00:00+02:00', '2026-11-20', '1763632500'].map((version) => ({
      ...gone,
      version,
    })),
    { kind: 'checkpoint', resume: { page: 2, seen: ['a', '\\u0000', '🙂'], none: null } },
  ]
  expect(await itemsOf(...items)).toEqual(items)
})

const lines = { name: 'lines', key: ['id'], parent: 'id', columns: { id: 'string' } }

it.each([
  ['a key that is no column', { key: ['nope'] }, '`key` names nope'],
  ['a key that is no list', { key: 'id' }, '`key` is id, which is no list of fields'],
  ['no columns', { columns: undefined }, '`columns` is missing'],
  ['columns that are a list', { columns: ['id'] }, '`columns` is no record of field and type'],
  ['children without columns', { children: [{ ...lines, columns: undefined }] }, '`children.lines.columns` is missing'],
  ['children without a key', { children: [{ ...lines, key: 'id' }] }, '`children.lines.key` is id, which is no list'],
  ['children that are no list', { children: lines }, '`children` is no list of streams'],
  ['a version that is no column', { version: 'nope' }, '`version` names nope'],
  ['a flag of deletion that is no column', { deletedWhen: { column: 'nope', is: 'true' } }, 'names nope'],
  ['a type of another tool', { columns: { id: 'number' } }, 'id has the type number, which is none of string, integer'],
  ['a type that is meant', { columns: { id: 'text' } }, 'did you mean string?'],
  ['a type that is none', { columns: { id: undefined } }, 'id has the type undefined'],
  ['a decimal of too many digits', { columns: { id: 'decimal(50,2)' } }, 'at most 38 digits'],
  ['a decimal with more behind its point than it has', { columns: { id: 'decimal(10,12)' } }, 'at most 38 digits'],
  [
    'a child of a type that there is not',
    { children: [{ ...lines, columns: { id: 'strin' } }] },
    'did you mean string?',
  ],
  ['an instant of deletion that is a text', { deletedWhen: { column: 'id', is: 'set' } }, 'needs a column of the type'],
  ['a flag of deletion that is a text', { deletedWhen: { column: 'id', is: 'true' } }, 'of the type boolean'],
  ['a deletion that is told otherwise', { deletedWhen: { column: 'id', is: 'yes' } }, 'none of set, true'],
  ['options that are the shape of a schema', { options: { from: z.string() } }, '`options` is no z.strictObject'],
  ['a child without its parent', { children: [{ ...lines, parent: 'order' }] }, 'lines names order'],
])('a stream with %s is refused when it is described', async (_, parts, words) => {
  await expect(opened({ ...parts }).streams?.({ signal })).rejects.toThrow(words)
})

it.each([[{ from: z.string() }], [z.string()], [null], ['from']])(
  'an object with options that are no schema is refused when it is described: %j',
  async (options) => {
    const words = 'describing order: `options` is no z.strictObject'
    await expect(opened({ options }).objects?.({ signal })).rejects.toThrow(words)
  },
)

it('a stream of every type, and both signs of a deletion, is taken', async () => {
  const columns = {
    id: 'string',
    n: 'integer',
    d: 'decimal(38,38)',
    f: 'double',
    gone: 'boolean',
    on: 'date',
    at: 'timestamp',
    doc: 'json',
    raw: 'binary',
  }
  for (const deletedWhen of [
    { column: 'at', is: 'set' },
    { column: 'on', is: 'set' },
    { column: 'gone', is: 'true' },
  ])
    expect(await opened({ columns, deletedWhen }).streams?.({ signal })).toHaveLength(1)
})

it('a CSV is known by its first line, in any case and order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-own-'))
  const path = join(folder, 'orders.csv')
  writeFileSync(path, '\uFEFF"DOC","a ""b"", c",id\r\n{},1,2\r\n')
  const csv = file({ path, format: 'csv' })
  expect(await itemsOf(csv)).toEqual([csv])
  rmSync(folder, { recursive: true })
})

it('a CSV that names a column twice is refused, and one that is not read may be there twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-own-'))
  const path = join(folder, 'orders.csv')
  const csv = file({ path, format: 'csv' })
  writeFileSync(path, 'id,doc,note,note\n1,{},a,b\n')
  expect(await itemsOf(csv)).toEqual([csv])
  writeFileSync(path, 'id,doc,ID\n1,{},2\n')
  await expect(itemsOf(csv)).rejects.toThrow('names the column id twice')
  rmSync(folder, { recursive: true })
})

it.each([[undefined], [Number.NaN], [-1], [1.5], ['12']])('a count of %s is no count', async (answer) => {
  const [stream] = (await opened({ count: () => Promise.resolve(answer) }).streams?.({ signal })) ?? []
  await expect(stream?.count?.({} as Scan, {} as never)).rejects.toThrow(
    `failed at counting orders: it answered ${String(answer)}, which is no number of rows`,
  )
})

it('a receipt that would come back as something else is not saved', async () => {
  const saved: unknown[] = []
  const write = (receipt: unknown) => async (_changes: unknown, context: WriteContext) => {
    await context.saveReceipt(receipt as never) // what is not typed
    return []
  }
  const saving = async (receipt: unknown) => {
    const [object] = (await opened({ write: write(receipt) }).objects?.({ signal })) ?? []
    return object?.write([], {
      signal,
      saveReceipt: async (each: unknown) => void saved.push(each),
    } as unknown as WriteContext) // nothing else is asked for
  }
  await saving({ job: 'j1' })
  for (const receipt of [undefined, { at: new Date(0) }, new Map(), 'a\0'])
    await expect(saving(receipt)).rejects.toMatchObject({
      code: 'MR-1401',
      message: expect.stringContaining('failed at writing order: the receipt that it saved'),
    })
  expect(saved).toEqual([{ job: 'j1' }])
})

it.each([1, 3])('a job that was settled with %i results for 2 changes says so', async (count) => {
  const warned: string[] = []
  const settle = () => Promise.resolve(Array.from({ length: count }, () => ({ outcome: 'ok' })))
  const [object] = (await opened({ write: () => Promise.resolve([]), settle }).objects?.({ signal })) ?? []
  const change = { op: 'upsert', key: '1', fields: {}, previous: null, idempotencyKey: 'k' } as const
  const settling = (changes: unknown) =>
    object?.settle?.('j1', { signal, changes, host: { warn: (text: string) => warned.push(text) } } as never) // nothing else is asked for
  await settling(Array.from({ length: count }, () => change))
  await settling(null)
  expect(warned).toEqual([])
  await settling([change, change])
  expect(warned).toEqual([
    `The connector parcelo, settling a job of order: it answered ${count} results for 2 changes: none of them counts, and all are sent again.`,
  ])
})

it('what ended a write in the middle is an error of ours, and stays what it is', async () => {
  const failure = new MillraceError('MR-3006', { message: 'enough for today' })
  expect(await answersOf([{ outcome: 'ok' }, { outcome: 'unknown', failure }, { outcome: 'unknown' }])).toEqual([
    { outcome: 'ok' },
    { outcome: 'unknown', failure },
    { outcome: 'unknown' },
  ])
  const [, own] = (await answersOf([{ outcome: 'ok' }, { outcome: 'unknown', failure: new TypeError('no id') }])) ?? []
  expect(own).toMatchObject({
    outcome: 'unknown',
    failure: { code: 'MR-1401', message: 'The connector parcelo failed at writing order: TypeError: no id' },
  })
  await expect(answersOf([{ outcome: 'unknown', failure: 'enough' }])).rejects.toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining('result 0 has a failure that is no MillraceError: enough'),
  })
})

it('a refusal without words is a refusal all the same', async () => {
  expect(
    await answersOf([
      { outcome: 'rejected' },
      { outcome: 'rejected', code: null, message: null },
      { outcome: 'rejected', code: 42, message: { no: 1 } },
    ]),
  ).toEqual([
    { outcome: 'rejected', code: 'REFUSED', message: 'no reason was given', retryable: false },
    { outcome: 'rejected', code: 'REFUSED', message: 'no reason was given', retryable: false },
    { outcome: 'rejected', code: '42', message: '{"no":1}', retryable: false },
  ])
  const partly = { outcome: 'rejected', code: 'C', message: 'no company', retryable: true, maybeTaken: true }
  expect(await answersOf([partly, { ...partly, maybeTaken: 'no' }])).toMatchObject([partly, { code: 'C' }])
  expect(
    await answersOf([{ outcome: 'ok', more: 1 }, { outcome: 'absent' }, { outcome: 'unknown', message: 'x' }]),
  ).toEqual([{ outcome: 'ok' }, { outcome: 'absent' }, { outcome: 'unknown', message: 'x' }])
})

it.each([[[{ outcome: 'success' }]], [['ok']], [[undefined]], [Array(2)], ['ok'], [undefined]])(
  'results that say nothing of the rows end the delivery: %j',
  async (answer) => {
    await expect(answersOf(answer)).rejects.toMatchObject({ code: 'MR-1401' })
  },
)

it.each([
  [[], 'it answered 0 records for 1 changes'],
  [[null, null], 'it answered 2 records for 1 changes'],
  [null, 'it answered no list'],
])('what it reads back is one answer for each change: %j is none', async (answer, flaw) => {
  const connector = opened({ write: () => Promise.resolve([]), readBack: () => Promise.resolve(answer) })
  const [object] = (await connector.objects?.({ signal })) ?? []
  const change = { op: 'upsert', key: '1', fields: {}, previous: null, idempotencyKey: 'k' } as const
  await expect(object?.readBack?.([change], { signal } as WriteContext)).rejects.toMatchObject({
    code: 'MR-1401',
    message: `The connector parcelo failed at reading order back: ${flaw}`,
  })
})
