/** A kit is worth what it refuses: connectors that break one promise each, and the case that must notice. */
import { destinationKit, sourceKit } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Connector, ScanItem, Stream } from '../../../src/connector/contract.ts'
import type { DestinationObject } from '../../../src/connector/destination.ts'
import type { Host } from '../../../src/connector/host.ts'
import { unheard, type Fields } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { MillraceError } from '../../../src/model/millrace-error.ts'
import acme from '../acme-crm/index.ts'
import simulator from '../acme-crm/sandbox.ts'
import { collectCases } from './collect-cases.ts'

type Broken = {
  readonly stream?: (stream: Stream) => Partial<Stream>
  readonly object?: (object: DestinationObject) => Partial<DestinationObject>
}

function breakAcme(
  { stream, object }: Broken,
  check?: (host: Host, config: { readonly api_key?: string }) => Promise<unknown>,
): Connector {
  return {
    ...acme,
    async open(context) {
      const opened = await acme.open(context)
      return {
        ...opened,
        check: check ? () => check(context.host, context.config) : opened.check,
        streams: async (request) =>
          ((await opened.streams?.(request)) ?? []).map((each) => ({ ...each, ...stream?.(each) })),
        objects: async (request) =>
          ((await opened.objects?.(request)) ?? []).map((each) => ({ ...each, ...object?.(each) })),
      }
    },
  }
}

const sourceCases = (connector: Connector) =>
  collectCases((runner) =>
    sourceKit({ ...runner, connector, simulator, streams: [{ name: 'contacts', heldAs: { type: 'contact' } }] }),
  )
const objectCases = (connector: Connector, options: JsonObject = {}) =>
  collectCases((runner) =>
    destinationKit({
      ...runner,
      connector,
      simulator,
      object: 'contact',
      match: 'email',
      options,
      fields: (n, version) => ({ email: `kit${n}@kit.example`, plan: version === 0 ? 'free' : 'pro' }),
      refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, shoe: 9 } }),
      isGone: ({ deleted }) => deleted === true,
    }),
  )

/** Changes the items on their way out. */
const reading =
  (change: (items: AsyncIterable<ScanItem>, resume: unknown) => AsyncIterable<ScanItem>) => (stream: Stream) => ({
    read: (...[scan, context]: Parameters<Stream['read']>) => change(stream.read(scan, context), scan.resume),
  })

async function* twice(items: AsyncIterable<ScanItem>) {
  for await (const item of items) {
    yield item
    if (item.kind !== 'checkpoint') yield item
  }
}

async function* forgetting(items: AsyncIterable<ScanItem>, resume: unknown) {
  let batches = 0
  // The first page after a resume is lost.
  for await (const item of items) if (resume === null || item.kind === 'checkpoint' || batches++ > 0) yield item
}

async function* forgettingWhose(items: AsyncIterable<ScanItem>, resume: unknown) {
  const wholeOf = { field: 'id', values: ['a'] }
  // One that was interrupted before its last commit tells it no more.
  for await (const item of items) yield item.kind === 'checkpoint' && resume === null ? { ...item, wholeOf } : item
}

let reads = 0
async function* differing(items: AsyncIterable<ScanItem>) {
  for await (const item of items) yield item
  yield record({ id: `x${++reads}`, updated_at: '2026-01-01T00:00:00Z' })
}

async function* hungry(items: AsyncIterable<ScanItem>) {
  const all = await Array.fromAsync(items)
  yield {
    kind: 'records',
    readAt: new Date(),
    records: Array.from({ length: 10_001 }, () => ({ id: 'a' })),
  } satisfies ScanItem
  yield* all
}

async function* deaf(items: AsyncIterable<ScanItem>) {
  const iterator = items[Symbol.asyncIterator]()
  await iterator.next().catch(() => new Promise((resolve) => setTimeout(resolve, 5_500)))
  yield record({ id: 'late' })
}

const record = (fields: object): ScanItem => ({ kind: 'records', readAt: new Date(), records: [{ ...fields }] })

describe('the source kit notices', () => {
  it.each<[string, Broken, string]>([
    ['a key that comes twice', { stream: reading(twice) }, 'each key once'],
    ['a page that a resume forgets', { stream: reading(forgetting) }, 'goes on from every checkpoint'],
    ['a `wholeOf` that a resume forgets', { stream: reading(forgettingWhose) }, 'goes on from every checkpoint'],
    ['rows that differ from read to read', { stream: reading(differing) }, 'reads the same rows twice'],
    [
      'a value that does not fit its type',
      { stream: () => ({ columns: { id: 'integer' } }) },
      'match the declared columns',
    ],
    ['a cursor that is ignored', { stream: reading(differing) }, 'cursor in the future'],
    ['a batch without bounds', { stream: reading(hungry) }, 'bounded batch'],
    ['a scan that does not stop', { stream: reading(deaf) }, 'stops within 5 s'],
    ['text that was altered', { stream: reading(shouting) }, 'as the vendor holds them'],
    ['a start that is said to be nothing, and is heeded', { stream: heeding }, 'whatever the start of a sync'],
    ['every second record left out', { stream: reading(halving) }, 'every record that the vendor holds'],
    ['a last page that never comes', { stream: reading(withoutLast) }, 'every record that the vendor holds'],
    ['a count of other rows', { stream: () => ({ count: async () => 3 }) }, 'counts as many records'],
    ['a count that is none', { stream: () => ({ count: async () => Number.NaN }) }, 'counts as many records'],
    ['names that are not its streams', { stream: ({ name }) => ({ name: `${name}_2` }) }, 'discovers the same streams'],
    [
      'options that are others without a network',
      { stream: () => ({ options: z.strictObject({ list: z.string() }) }) },
      'discovers the same streams',
    ],
  ])('%s', async (_name, broken, title) => {
    const sound = sourceCases(acme)
    const cases = sourceCases(breakAcme(broken))
    expect(cases.named(title)).toBeDefined()
    await expect(cases.named(title)?.()).rejects.toThrow()
    // The other half of the proof: the sound one passes it.
    await sound.named(title)?.()
  })

  it.each<[string, (host: Host, config: { readonly api_key?: string }) => Promise<unknown>, string]>([
    ['a check that asks nobody', async () => null, 'good credentials'],
    ['a secret in a warning', async (host, config) => say(host, config.api_key ?? ''), 'good credentials'],
    ['an error that is no refusal of credentials', () => Promise.reject(new TypeError('no')), 'bad credentials'],
  ])('%s', async (_name, check, title) => {
    await expect(sourceCases(breakAcme({}, check)).named(title)?.()).rejects.toThrow()
  })
})

const heeding = ({ read }: Stream): Partial<Stream> => ({
  async *read(scan, context) {
    if (scan.start === null) yield* read(scan, context)
  },
})

async function* halving(items: AsyncIterable<ScanItem>) {
  for await (const item of items) {
    if (item.kind !== 'lines') continue
    const lines = Buffer.from(item.lines).toString().trimEnd().split('\n')
    const kept = lines.filter((_line, index) => index % 2 === 0)
    yield { ...item, lines: Buffer.from(`${kept.join('\n')}\n`), rows: kept.length }
  }
}

async function* withoutLast(items: AsyncIterable<ScanItem>) {
  const all = await Array.fromAsync(items)
  yield* all.slice(
    0,
    all.findLastIndex(({ kind }) => kind === 'lines'),
  )
}

async function* shouting(items: AsyncIterable<ScanItem>) {
  for await (const item of items)
    yield item.kind === 'lines'
      ? {
          ...item,
          lines: Buffer.from(
            Buffer.from(item.lines)
              .toString()
              .replace(/"email":"(.)/g, '"email":"$1!'),
          ),
        }
      : item
}

/** Backwards, so that the host's own redaction does not know it; then as it is, past the host. */
async function say(host: Host, secret: string): Promise<void> {
  await host.call({ label: 'GET /', docs: '', signal: new AbortController().signal }, () => Promise.resolve())
  throw new TypeError(`signing in with ${Buffer.from(`user:${secret}`).toString('base64')}`)
}

const writing =
  (change: (write: DestinationObject['write']) => DestinationObject['write']) => (object: DestinationObject) => ({
    write: change(object.write),
  })

describe('the destination kit notices', () => {
  it.each<[string, Broken, string]>([
    [
      'results in another order',
      {
        object: writing(
          (write) =>
            async (...all) =>
              (await write(...all)).toReversed(),
        ),
      },
      'blames the right row',
    ],
    [
      'a refusal that is told as success',
      {
        object: writing(
          (write) =>
            async (...all) =>
              (await write(...all)).map(() => ({ outcome: 'ok' as const })),
        ),
      },
      'blames the right row',
    ],
    [
      'a result too few',
      {
        object: writing(
          (write) =>
            async (...all) =>
              (await write(...all)).slice(1),
        ),
      },
      'taken twice is taken once',
    ],
    [
      'a create at every sending',
      {
        object: writing(
          (write) => (changes, context) =>
            write(
              changes.map((each) => ({ ...each, key: `${Math.random()}@x.example` })),
              context,
            ),
        ),
      },
      'taken twice is taken once',
    ],
    [
      'an old value that is thought to be sent already',
      { object: writing(rememberingKeys) },
      'the last value of a key',
    ],
    [
      'an answer that never came and counts',
      {
        object: writing(
          (write) => (changes, context) =>
            write(changes, context).catch(() => changes.map(() => ({ outcome: 'ok' as const }))),
        ),
      },
      'never taken for one that did',
    ],
    [
      'an empty batch that has a result',
      { object: () => ({ write: async () => [{ outcome: 'ok' as const }] }) },
      'an empty batch',
    ],
    [
      'a preview of something else',
      { object: () => ({ preview: () => [{ method: 'PUT', path: '/', body: null, docs: '' }] }) },
      'what preview shows',
    ],
    [
      'a request that its preview does not show',
      {
        object: writing((write) => async (...all) => {
          await write(...all)
          return write(...all)
        }),
      },
      'what preview shows',
    ],
    [
      'requests beyond its own limit',
      { object: () => ({ batch: { rows: 100, bytes: 200 }, size: () => 1 }) },
      'limit of rows and of bytes',
    ],
    [
      'a delete that does nothing',
      {
        object: writing(
          (write) => async (changes, context) =>
            changes[0]?.op === 'delete' ? [{ outcome: 'ok' }] : write(changes, context),
        ),
      },
      'what is deleted is gone',
    ],
    [
      'options that are not those it names beforehand',
      { object: () => ({ options: z.strictObject({ list: z.string().optional() }) }) },
      'discovers the same objects',
    ],
    [
      'a field that is never sent',
      { object: writing(sending(({ plan: _plan, ...fields }) => fields)) },
      'holds each field as it was sent',
    ],
    [
      'people who are subscribed again by a change of something else',
      { object: writing(sending((fields) => ({ ...fields, unsubscribed: false }))) },
      'fields that were not sent stay',
    ],
  ])('%s', async (_name, broken, title) => {
    const cases = objectCases(breakAcme(broken))
    expect(cases.named(title)).toBeDefined()
    await expect(cases.named(title)?.()).rejects.toThrow()
    await objectCases(acme).named(title)?.()
  })

  it('options that the object does not declare', async () => {
    const title = 'an empty batch'
    await expect(objectCases(acme, { list: '7' }).named(title)?.()).rejects.toThrow('contact takes no options')
    const declared = breakAcme({ object: () => ({ options: z.strictObject({ list: z.string() }) }) })
    await objectCases(declared, { list: '7' }).named(title)?.()
  })
})

it('a write that answers what it did not hear of, with the error beside it, stops as one that throws does', async () => {
  const answering = breakAcme({
    object: writing(
      (write) => (changes, context) =>
        write(changes, context).catch((error: MillraceError) => changes.map(() => unheard(error))),
    ),
  })
  await expect(objectCases(answering).named('stops within 5 s')?.()).resolves.toBeUndefined()
})

const sending =
  (change: (fields: Fields) => Fields) =>
  (write: DestinationObject['write']): DestinationObject['write'] =>
  (changes, context) =>
    write(
      changes.map((each) => ({ ...each, fields: change(each.fields) })),
      context,
    )

function rememberingKeys(write: DestinationObject['write']): DestinationObject['write'] {
  const seen = new Set<string>()
  return (changes, context) => {
    const fresh = changes.filter(({ idempotencyKey }) => !seen.has(idempotencyKey))
    for (const { idempotencyKey } of changes) seen.add(idempotencyKey)
    return fresh.length > 0 ? write(fresh, context) : Promise.resolve(changes.map(() => ({ outcome: 'ok' })))
  }
}
