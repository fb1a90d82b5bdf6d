import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { OpenedConnector, Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import type { DestinationObject, WriteContext } from '../../src/connector/destination.ts'
import { ownConnector } from '../../src/connector/own-connector.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'

const owner = { name: 'parcelo', folder: fileURLToPath(new URL('.', import.meta.url)) }
const signal = new AbortController().signal

const opened = (parts: object) =>
  ownConnector(
    {
      check: () => Promise.reject(new TypeError('no keys')),
      account: () => Promise.resolve('a'),
      streams: () =>
        Promise.resolve([
          { name: 'orders', key: ['id'], columns: { id: 'string' }, children: [], ...parts } as unknown as Stream,
        ]), // what is not typed
      objects: () => Promise.resolve([{ name: 'order', ...parts } as unknown as DestinationObject]), // the same
    } satisfies OpenedConnector,
    owner,
  )

async function itemsOf(...items: readonly unknown[]): Promise<readonly ScanItem[]> {
  const connector = opened({
    async *read() {
      yield* items
    },
  })
  const [stream] = (await connector.streams?.({ signal })) ?? []
  const all: ScanItem[] = []
  // Nothing of either is looked at.
  for await (const item of stream?.read({} as Scan, {} as never) ?? []) all.push(item)
  return all
}

async function answersOf(answer: unknown) {
  const [object] = (await opened({ write: () => Promise.resolve(answer) }).objects?.({ signal })) ?? []
  return object?.write([], {} as WriteContext)
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
  await expect(object?.write([], {} as WriteContext)).rejects.toMatchObject({ code: 'MR-3004' })
})

it('a full disk stays one', async () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const connector = opened({ write: () => Promise.reject(full) })
  const [object] = (await connector.objects?.({ signal })) ?? []
  await expect(object?.write([], {} as WriteContext)).rejects.toMatchObject({ code: 'MR-2004' })
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
])('%s ends the reading, and is named', async (_, item, words) => {
  await expect(itemsOf(item)).rejects.toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining(`failed at reading orders: `),
  })
  await expect(itemsOf(item)).rejects.toThrow(words)
})

it('what a column can hold passes as it is', async () => {
  const item = records({ id: 1n, at: new Date(0), none: null, left: undefined, deep: { a: [1] }, nan: Number.NaN })
  const checkpoint = { kind: 'checkpoint', resume: { page: 2, seen: ['a'], none: null } }
  expect(await itemsOf(item, checkpoint)).toEqual([item, checkpoint])
})

it.each([
  ['a key that is no column', { key: ['nope'] }, '`key` names nope'],
  ['a key that is no list', { key: 'id' }, '`key` is no list'],
  ['a version that is no column', { version: 'nope' }, '`version` names nope'],
  ['a flag of deletion that is no column', { deletedWhen: { column: 'nope', is: 'true' } }, 'names nope'],
  [
    'a child without its parent',
    { children: [{ name: 'lines', key: ['id'], parent: 'order', columns: { id: 'string' } }] },
    'lines names order',
  ],
])('a stream with %s is refused when it is described', async (_, parts, words) => {
  await expect(opened({ ...parts }).streams?.({ signal })).rejects.toThrow(words)
})

it('a refusal without words is a refusal all the same', async () => {
  expect(await answersOf([{ outcome: 'rejected' }, { outcome: 'rejected', code: 42, message: { no: 1 } }])).toEqual([
    { outcome: 'rejected', code: 'REFUSED', message: 'no reason was given', retryable: false },
    { outcome: 'rejected', code: '42', message: '{"no":1}', retryable: false },
  ])
  expect(
    await answersOf([{ outcome: 'ok', more: 1 }, { outcome: 'absent' }, { outcome: 'unknown', message: 'x' }]),
  ).toEqual([{ outcome: 'ok' }, { outcome: 'absent' }, { outcome: 'unknown', message: 'x' }])
})

it.each([[[{ outcome: 'success' }]], [['ok']], [[undefined]], ['ok'], [undefined]])(
  'results that say nothing of the rows end the delivery: %j',
  async (answer) => {
    await expect(answersOf(answer)).rejects.toMatchObject({ code: 'MR-1401' })
  },
)
