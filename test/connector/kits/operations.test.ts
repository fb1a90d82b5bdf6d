/** Operations that do something else than they say, by HubSpot's contacts. */
import { destinationKit } from 'millrace/testing'
import { expect, it } from 'vitest'
import hubspot from '../../../connectors/hubspot/index.ts'
import simulator from '../../../connectors/hubspot/sandbox.ts'
import type { Connector } from '../../../src/connector/contract.ts'
import type { DestinationField, DestinationObject } from '../../../src/connector/destination.ts'
import type { Change, Operation } from '../../../src/model/change.ts'
import { collectCases } from './collect-cases.ts'

const casesOf = (connector: Connector, op?: Operation) =>
  collectCases((runner) =>
    destinationKit({
      ...runner,
      connector,
      simulator,
      keys: { requests_per_10_seconds: 10_000 },
      object: 'contact',
      match: 'email',
      fieldsOf: ({ properties }) => Object(properties),
      fields: (n, version) => ({ email: `k${n}@kit.example`, firstname: `Kit ${n}`, jobtitle: `v${version}` }),
      refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, email: 'nobody' } }),
      ...(op && { op }),
    }),
  )

type Write = DestinationObject['write']

const withWrite = (change: (write: Write) => Write): Connector => ({
  ...hubspot,
  async open(context) {
    const opened = await hubspot.open(context)
    return {
      ...opened,
      objects: async (request) =>
        ((await opened.objects?.(request)) ?? []).map((object) => ({ ...object, write: change(object.write) })),
    }
  },
})

/** Each change as another one. */
const sending = (as: (change: Change) => Change) =>
  withWrite((write) => (changes, context) => write(changes.map(as), context))
const of = (op: Operation, as: (change: Change) => Partial<Change>) =>
  sending((change) => (change.op === op ? { ...change, ...as(change) } : change))

it.each<[string, Connector, string]>([
  ['an insert that overwrites', of('insert', () => ({ op: 'upsert' })), 'an insert changes nothing'],
  [
    'a clear that sends nothing',
    of('clear', ({ fields: { email = '' } }) => ({ fields: { email } })),
    'cleared is empty',
  ],
  ['a clear that makes the record', of('clear', () => ({ op: 'upsert' })), 'cleared is empty'],
  ['a set that sends nothing', of('set', ({ fields: { email = '' } }) => ({ fields: { email } })), 'what is set'],
  ['a set that makes the record', of('set', () => ({ op: 'upsert' })), 'what is set'],
])('the kit notices %s', async (_, broken, title) => {
  const found = casesOf(broken).named(title)
  expect(found).toBeDefined()
  await expect(found?.()).rejects.toThrow()
  const sound = casesOf(hubspot)
  await sound.named(title)?.()
  expect(sound.skipped).toEqual([])
})

it('the kit notices a setIfEmpty that overwrites', async () => {
  const title = 'only where it is empty'
  const claiming = (connector: Connector): Connector => ({
    ...connector,
    open: async (context) => {
      const opened = await connector.open(context)
      const objects = async (request: Parameters<NonNullable<typeof opened.objects>>[0]) =>
        ((await opened.objects?.(request)) ?? []).map((object) => ({ ...object, setIfEmpty: true as const }))
      return { ...opened, objects }
    },
  })
  const without = sending(({ fields, setIfEmpty = [], ...rest }) => ({
    ...rest,
    fields: Object.fromEntries(Object.entries(fields).filter(([field]) => !setIfEmpty.includes(field))),
  }))
  await expect(casesOf(claiming(hubspot)).named(title)?.()).rejects.toThrow('jobtitle: it had "v0", and has "v1"')
  await casesOf(claiming(without)).named(title)?.()
})

it('an insert that leaves alone what stands, and calls the same record taken, passes all that is tried with it', async () => {
  const rightly = withWrite((write) => async (changes, context) => {
    const results = await write(changes, context)
    return results.map((result) =>
      result.outcome === 'rejected' && /exist/i.test(result.message) ? { outcome: 'ok' as const } : result,
    )
  })
  const cases = casesOf(rightly, 'insert')
  for (const title of [
    'the last value of a key',
    'each field as it was sent',
    'settled by sending it again',
    'were not sent stay',
  ])
    await expect(cases.named(title)?.()).resolves.toBeUndefined()
})

it('a field that may not be null is not tried to be emptied, since no run does', async () => {
  const title = 'cleared is empty'
  const withJobTitle = (field: DestinationField, write?: (write: Write) => Write): Connector => ({
    ...hubspot,
    async open(context) {
      const opened = await hubspot.open(context)
      const objects = async (request: Parameters<NonNullable<typeof opened.objects>>[0]) =>
        ((await opened.objects?.(request)) ?? []).map((object) => ({
          ...object,
          fields: { ...object.fields, jobtitle: field },
          write: write?.(object.write) ?? object.write,
        }))
      return { ...opened, objects }
    },
  })
  const refusing =
    (write: Write): Write =>
    async (changes, context) =>
      changes.some(({ fields }) => fields['jobtitle'] === null)
        ? changes.map(() => ({
            outcome: 'rejected',
            code: 'REQUIRED',
            message: 'jobtitle is required',
            retryable: false,
          }))
        : write(changes, context)
  await expect(casesOf(withJobTitle({ type: 'string' }, refusing)).named(title)?.()).rejects.toThrow('rejected')
  const required = { type: 'string', nullable: false } as const
  const none = casesOf(withJobTitle(required, refusing))
  await none.named(title)?.()
  expect(none.skipped.join()).toContain('no field of it that may be emptied has another value in another version')
})
