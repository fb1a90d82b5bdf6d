import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { StreamConfig } from '../../src/config/project.ts'
import type { ChildStream, OpenedConnector, Stream } from '../../src/connector/contract.ts'
import { resolveStreams } from '../../src/etl/resolve-streams.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { caughtFrom } from '../config/temp-project.ts'
import { syncOf } from './world.ts'

const stream = (name: string, rest: Partial<Stream> = {}): Stream => ({
  name,
  docs: 'https://docs.example.com',
  key: ['id'],
  columns: { id: 'string', Name: 'string', email: 'string', updated_at: 'timestamp' },
  order: 'cursor',
  version: 'updated_at',
  takesWhere: true,
  lagMs: 0,
  overlapMs: 0,
  children: [],
  // eslint-disable-next-line require-yield -- nothing is read here
  async *read() {
    return
  },
  ...rest,
})
const items: ChildStream = {
  name: 'items',
  docs: 'd',
  key: ['id'],
  parent: 'invoice',
  columns: { id: 'string', invoice: 'string', note: 'string', price: 'integer' },
}
/** By its own entry in the file. */
const asked = { fieldHistory: true, own: ['field_history'] }
const history = (name: string, of: string) =>
  stream(name, {
    columns: { id: 'string', at: 'timestamp', o: 'string' },
    version: 'at',
    appendOnly: true,
    history: {
      of,
      record: 'r',
      field: 'f',
      from: 'o',
      to: 'n',
      at: 'at',
      by: 'b',
      createdAt: 'updated_at',
      tracked: {},
    },
  })
const source = [
  stream('invoices', { children: [items] }),
  stream('customers'),
  stream('Custom__c'),
  history('customersHistory', 'customers'),
  history('Custom__History', 'Custom__c'),
]

const connector = (streams: readonly Stream[] = source): OpenedConnector => ({
  check: () => Promise.resolve(),
  account: () => Promise.resolve('a'),
  streamNames: () =>
    Promise.resolve(streams.flatMap(({ name, children }) => [name, ...children.map((child) => child.name)])),
  streams: ({ names }) => Promise.resolve(streams.filter(({ name }) => !names || names.includes(name))),
})
const resolve = (streams: readonly Partial<StreamConfig>[], of = connector()) =>
  resolveStreams(syncOf({ streams }), of, { signal: new AbortController().signal })
const names = async (streams: readonly Partial<StreamConfig>[]) =>
  (await resolve(streams)).flatMap((plan) => [plan.stream.name, ...plan.children.map(({ child }) => child.name)])
const columns = async (config: Partial<StreamConfig>) =>
  (await resolve([{ name: 'customers', ...config }]))[0]?.shape.columns.map(({ column }) => column)
const errorOf = async (work: Promise<unknown>): Promise<MillraceError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(MillraceError)
  return error as MillraceError // the line above
}

describe('the streams of a sync', () => {
  test('are those it names, and those that its globs fit', async () => {
    expect(await names([{ name: 'customers' }])).toEqual(['customers'])
    expect(await names([{ name: 'cust*' }])).toEqual(['customers', 'customersHistory'])
    expect(await names([{ name: '*' }])).toEqual([
      'invoices',
      'items',
      'customers',
      'Custom__c',
      'customersHistory',
      'Custom__History',
    ])
  })

  test('go by their exact name where a glob fits too, wherever it stands, and by the first of two globs', async () => {
    const plans = await resolve([
      { name: 'inv*', where: 'never' },
      { name: '*', exclude: ['email'] },
      { name: 'customers', mode: 'append' },
    ])
    expect(plans.find(({ stream: of }) => of.name === 'customers')).toMatchObject({
      mode: 'append',
      config: { exclude: [] },
    })
    expect(plans.find(({ stream: of }) => of.name === 'invoices')?.config.where).toBe('never')
  })

  test('stay away where the first glob that fits them is switched off', async () => {
    expect(await names([{ name: '*History', enabled: false }, { name: '[Cc]ust*' }])).toEqual([
      'customers',
      'Custom__c',
    ])
  })

  test('cannot be of a glob that has nothing left, since another one stands before it', async () => {
    for (const enabled of [true, false])
      expect(await errorOf(resolve([{ name: '*' }, { name: 'C*', enabled }]))).toMatchObject({
        code: 'MR-1208',
        message: expect.stringContaining('C* has no effect: all that it fits is taken by *, which stands before it'),
        next: [expect.stringContaining('Put C* before *')],
      })
    // What is named beside it has its own entry.
    expect(await names([{ name: 'customers' }, { name: 'cust*rs' }])).toEqual(['customers'])
  })

  test.each(['mode', 'reconcile', 'options', 'query'])(
    'that come inside another one take no %s of their own',
    async (key) => {
      expect(await errorOf(resolve([{ name: 'invoices' }, { name: 'items', own: [key] }]))).toMatchObject({
        code: 'MR-1208',
        message: expect.stringContaining(`items takes no  ${key} : it comes inside invoices`),
      })
      // What the sync says for all is not meant for them.
      expect(
        await names([
          { name: 'invoices', own: [key] },
          { name: 'items', mode: 'scd2' },
        ]),
      ).toEqual(['invoices', 'items'])
    },
  )

  test('that are switched off stay away, from globs too', async () => {
    expect(await names([{ name: '*__*' }, { name: 'Custom__c', enabled: false }])).toEqual(['Custom__History'])
  })

  test('that do not exist are named with what was meant, and where it stands', async () => {
    const error = await errorOf(resolve([{ name: 'custmers' }]))
    expect(error).toMatchObject({ code: 'MR-1208', exitCode: 2 })
    expect(error.message).toContain('did you mean customers?')
    expect(error.message).toContain('syncs/crm.yaml:3')
  })

  test('that the vendor has and nobody can read are refused with the reason, unless they are switched off', async () => {
    const of = { ...connector(), whyNoStream: (name: string) => (name === 'Log__b' ? 'it is a big object' : null) }
    const error = await errorOf(resolve([{ name: 'customers' }, { name: 'Log__b' }], of))
    expect(error.message).toContain('Log__b of')
    expect(error.message).toContain('cannot be read: it is a big object. (syncs/crm.yaml:3)')
    expect((await errorOf(resolve([{ name: 'Log' }], of))).message).toContain('has no stream Log')
    expect(await resolve([{ name: 'customers' }, { name: 'Log__b', enabled: false }], of)).toHaveLength(1)
  })

  test('that come inside another one need it', async () => {
    expect(await names([{ name: 'invoices' }, { name: 'items' }])).toEqual(['invoices', 'items'])
    expect((await errorOf(resolve([{ name: 'items' }]))).code).toBe('MR-1208')
  })

  test('bring their history along where it is asked for', async () => {
    expect(await names([{ name: 'customers', ...asked }])).toEqual(['customers', 'customersHistory'])
    expect(await names([{ name: 'Custom__c', ...asked }])).toEqual(['Custom__c', 'Custom__History'])
    const [, plan] = await resolve([
      { name: 'customers', ...asked, include: ['email'], where: 'x', mode: 'full_refresh', pii: ['o'] },
    ])
    expect(plan).toMatchObject({ mode: 'append', config: { include: null, where: null, pii: ['o'] } })
  })

  test('of a glob bring the histories that there are, but for those that are switched off', async () => {
    const glob = { name: '*s', ...asked }
    expect(await names([glob, { name: 'items', enabled: false }])).toEqual([
      'invoices',
      'customers',
      'customersHistory',
    ])
    expect(await names([{ name: '*', ...asked }])).toHaveLength(6)
    expect(await names([{ ...glob, name: 'c*s' }])).toEqual(['customers', 'customersHistory'])
    const off = { name: 'customersHistory', enabled: false }
    expect(await names([{ name: '[cC]ust*', ...asked }, off])).toEqual(['customers', 'Custom__c', 'Custom__History'])
    for (const without of [[{ ...glob, name: 'inv*' }], [{ ...glob, name: 'cust*' }, off]])
      expect((await errorOf(resolve(without))).message).toContain(
        `none of the streams that ${without[0]?.name} is for has a field history`,
      )
  })

  test('bring them where the whole sync asks, as far as there are any', async () => {
    const shared = (name: string) => ({ name, fieldHistory: true })
    expect(await names([shared('customers'), shared('invoices')])).toEqual([
      'invoices',
      'customers',
      'customersHistory',
    ])
    const off = { ...shared('customersHistory'), enabled: false }
    expect(await names([shared('customers'), shared('Custom__c'), off])).toEqual([
      'customers',
      'Custom__c',
      'Custom__History',
    ])
    expect(await names([{ name: 'customers', ...asked }, shared('invoices')])).toContain('customersHistory')
    expect(await names([{ name: 'cust*', ...asked }, shared('invoices')])).toContain('customersHistory')
    expect((await errorOf(resolve([shared('invoices')]))).message).toContain('none of its streams has a field history')
  })

  test('cannot both ask for their history and have it switched off', async () => {
    const error = await errorOf(
      resolve([
        { name: 'customers', ...asked },
        { name: 'customersHistory', enabled: false },
      ]),
    )
    expect(error).toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining(
        'customers asks for its field history, and customersHistory, which holds it, is',
      ),
    })
    // What a glob switches off comes where it is asked for by name.
    expect(
      await names([
        { name: 'customers', ...asked },
        { name: '*History', enabled: false },
      ]),
    ).toEqual(['customers', 'customersHistory'])
  })

  test('have the history of their fields, also where another object is called a history', async () => {
    const stages = stream('customersHistory')
    const both = [stream('customers'), stages, history('customersFieldHistory', 'customers')]
    const plans = await resolve([{ name: 'customers', ...asked }], connector(both))
    expect(plans.map((plan) => plan.stream.name)).toEqual(['customers', 'customersFieldHistory'])
  })

  test('without a history at the vendor say so', async () => {
    const error = await errorOf(resolve([{ name: 'invoices', ...asked }]))
    expect(error.message).toContain('invoicesHistory')
  })

  test('have the fields that are included and not excluded, and always the key and what the engine works with', async () => {
    expect(await columns({})).toEqual(['id', 'name', 'email', 'updated_at'])
    expect(await columns({ include: ['email'] })).toEqual(['id', 'email', 'updated_at'])
    expect(await columns({ exclude: ['email', 'id', 'updated_at'] })).toEqual(['id', 'name', 'updated_at'])
  })

  test('keep the parent’s field for the view of its history', async () => {
    const withCreated = connector([
      stream('customers', { version: undefined }),
      history('customersHistory', 'customers'),
    ])
    const [parent] = await resolve([{ name: 'customers', fieldHistory: true, include: ['email'] }], withCreated)
    expect(parent?.shape.columns.map(({ field }) => field)).toContain('updated_at')
  })

  test('say which field they do not have', async () => {
    expect((await errorOf(resolve([{ name: 'customers', exclude: ['emial'] }]))).message).toContain(
      'did you mean email?',
    )
  })

  test('give each child the settings of its own entry, and its parent’s key in any case', async () => {
    const [plan] = await resolve([
      { name: 'invoices', include: ['email'], pii: ['email'] },
      { name: 'items', exclude: ['note', 'invoice'], pii: ['price'] },
    ])
    expect(plan?.children[0]).toMatchObject({ config: { pii: ['price'] } })
    expect(plan?.children[0]?.shape.columns.map(({ column }) => column)).toEqual(['id', 'invoice', 'price'])
  })

  test('that would share a table are refused', async () => {
    const error = await errorOf(resolve([{ name: '*' }], connector([stream('ContactList'), stream('contact_list')])))
    expect(error.message).toContain('crm.contact_list')
  })

  test('cannot be merged without a key', async () => {
    expect(
      (await errorOf(resolve([{ name: 'log', mode: 'merge' }], connector([stream('log', { key: [] })])))).code,
    ).toBe('MR-1208')
    const [plan] = await resolve([{ name: 'log' }], connector([stream('log', { key: [] })]))
    expect(plan?.mode).toBe('full_refresh')
  })

  test('of a connection without any say that it is no source', async () => {
    const { streams: _streams, ...rest } = connector()
    expect((await errorOf(resolve([{}], rest))).code).toBe('MR-1208')
  })
})

describe('a mask', () => {
  const columnsOf = async (streams: readonly Partial<StreamConfig>[]) =>
    (await resolve(streams)).map((plan) =>
      plan.shape.columns.flatMap(({ field, type, mask }) => (mask ? [`${field} ${type} ${mask}`] : [])),
    )

  test('makes its field a text, also one that only some of the streams have', async () => {
    const mask = { note: 'redact', email: 'sha256' } as const
    expect(
      await columnsOf([
        { name: 'invoices', mask },
        { name: 'items', mask },
        { name: 'customers', mask },
      ]),
    ).toEqual([['email string sha256'], ['email string sha256']])
  })

  test('of a field that is not there is refused, or the field that was meant would be loaded in clear', async () => {
    expect(
      (await errorOf(resolve([{ name: 'customers', mask: { emial: 'redact' }, ownFields: ['emial'] }]))).message,
    ).toMatch(/no field emial; did you mean email/)
    expect((await errorOf(resolve([{ name: 'customers', mask: { emial: 'redact' } }]))).message).toMatch(
      /none of the streams .* has a field emial; did you mean email/,
    )
  })

  test('is not laid on what rows are loaded by; of a key only a hash', async () => {
    const refused = async (mask: StreamConfig['mask']) =>
      (await errorOf(resolve([{ name: 'customers', mask }]))).message
    expect(await refused({ updated_at: 'sha256' })).toMatch(/rows are loaded by it/)
    expect(await refused({ id: 'last4' })).toMatch(/it is the key/)
    expect(await columnsOf([{ name: 'customers', mask: { id: 'sha256' } }])).toEqual([['id string sha256']])
  })

  test.each([
    ['tracked', { tracked: { Owner: 'OwnerId', Name: 'Name' } }],
    ['tracked no more', { tracked: {}, names: { Owner: 'OwnerId', Account: 'AccountId' } }],
  ])('reaches all names that the rows of the history have for its field, which is %s', async (_, known) => {
    const told = history('customersHistory', 'customers')
    const owned = stream('customers', { columns: { id: 'string', OwnerId: 'string', updated_at: 'timestamp' } })
    const otherNames = { ownerAssignment: 'Owner', renamed: 'Name' }
    const named = { ...told, history: { ...told.history, ...known, otherNames } } as Stream
    const plans = await resolve(
      [{ name: 'customers', mask: { OwnerId: 'sha256' } }, { name: 'customersHistory' }],
      connector([owned, named]),
    )
    expect(plans[1]?.shape.columns.find(({ field }) => field === 'o')?.maskBy).toEqual({
      field: 'f',
      masks: { OwnerId: 'sha256', Owner: 'sha256', ownerAssignment: 'sha256' },
    })
  })
})

describe('options', () => {
  const reports = connector([
    stream('reports', {
      options: z.strictObject({ days: z.int().max(90).optional(), by: z.array(z.enum(['age', 'sex'])).optional() }),
    }),
    stream('plain'),
  ])
  const of = async (config: Partial<StreamConfig>) =>
    (
      await resolve(
        [
          {
            ...config,
            name: config.name ?? 'reports',
            ownOptions: config.ownOptions ?? Object.keys(config.options ?? {}),
          },
        ],
        reports,
      )
    )[0]?.config.options

  test('are checked by what the stream says of them', async () => {
    expect(await of({ options: { days: 7 } })).toEqual({ days: 7 })
    expect((await errorOf(of({ options: { days: 700 } }))).message).toMatch(/option days of reports is refused/)
    expect((await errorOf(of({ options: { by: ['agee'] } }))).message).toMatch(/option by.0 .*; did you mean age\? \(/)
    expect((await errorOf(of({ options: { dayz: 7 } }))).message).toMatch(/no option dayz; did you mean days/)
    expect((await errorOf(of({ name: 'plain', options: { days: 7 } }))).message).toMatch(/plain takes no options/)
  })

  test('that the sync gives to all its streams reach those that know them', async () => {
    expect(await of({ options: { days: 7, level: 'ad' }, ownOptions: [] })).toEqual({ days: 7 })
    expect(await of({ name: 'plain', options: { days: 7 }, ownOptions: [] })).toEqual({})
  })

  test.each([
    [
      ['reports', 'plain'],
      { dayz: 7, level: 'ad' },
      ['none of its streams has the option dayz; did you mean days? (', 'none of its streams has the option level. ('],
    ],
    [['plain'], { days: 7 }, ['none of its streams takes options, so days would do nothing. (']],
    [['reports', 'plain'], { days: 7 }, []],
    [[], { days: 7 }, []],
  ])('of the sync are refused where none of %j knows them: %j', async (names, options, found) => {
    const shared = { exclude: [], mask: {}, options }
    const told = await caughtFrom(() =>
      resolveStreams(syncOf({ sync: { shared }, streams: names.map((name) => ({ name, options })) }), reports, {
        signal: new AbortController().signal,
      }),
    )
    expect(told.map(({ code, message }) => `${code} ${message}`)).toEqual(
      found.map((each) => expect.stringContaining(`MR-1208 crm: ${each}`)),
    )
  })

  test('do not take a query where nothing would read it', async () => {
    expect((await errorOf(of({ query: 'select 1' }))).message).toMatch(/reports takes no query/)
  })
})
