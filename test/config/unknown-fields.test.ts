/** What only the source can tell of a sync’s names: all that is wrong with them comes at once. */
import { describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import type { StreamConfig, Sync } from '../../src/config/project.ts'
import type { OpenedConnector, Stream } from '../../src/connector/contract.ts'
import { resolveStreams } from '../../src/etl/resolve-streams.ts'
import { MillraceError, MillraceErrors } from '../../src/model/millrace-error.ts'
import { syncOf } from '../etl/world.ts'
import { caughtFrom, tempProject } from './temp-project.ts'

const stream = (name: string): Stream => ({
  name,
  docs: 'https://docs.example.com',
  key: ['Id'],
  columns: { Id: 'string', Name: 'string', Industry: 'string', Phone: 'string', Email: 'string' },
  order: 'cursor',
  lagMs: 0,
  overlapMs: 0,
  children: [],
  // eslint-disable-next-line require-yield -- nothing is read here
  async *read() {
    return
  },
})
const source = [
  ...['Account', 'AccountShare', 'Contact'].map(stream),
  { ...stream('Plain'), columns: { Id: 'string' } as const },
]
const connector: OpenedConnector = {
  check: () => Promise.resolve(),
  account: () => Promise.resolve('a'),
  streamNames: () => Promise.resolve(source.map(({ name }) => name)),
  streams: ({ names }) => Promise.resolve(source.filter(({ name }) => !names || names.includes(name))),
}
const resolve = (...streams: readonly Partial<StreamConfig>[]) =>
  resolveStreams(syncOf({ streams }), connector, { signal: new AbortController().signal })
const resolveAll = async (syncs: readonly Sync[]) => {
  for (const sync of syncs)
    if (sync.kind === 'etl') await resolveStreams(sync, connector, { signal: new AbortController().signal })
}
const messages = async (...streams: readonly Partial<StreamConfig>[]) =>
  (await caughtFrom(() => resolve(...streams))).map(({ code, message }) => `${code} ${message}`)

describe('the unknown fields of a stream', () => {
  it('come all at once, each with what was meant', async () => {
    expect(
      await messages({
        name: 'Account',
        include: ['Nmae', 'Industri', 'Id'],
        exclude: ['Phon'],
        mask: { Emial: 'sha256' },
        pii: ['Xyz', 'Name'],
        ownFields: ['Nmae', 'Industri', 'Id', 'Phon', 'Emial', 'Xyz', 'Name'],
      }),
    ).toEqual([
      'MR-1208 crm: Account has no field Nmae; did you mean Name? (syncs/crm.yaml:3)',
      'MR-1208 crm: Account has no field Industri; did you mean Industry? (syncs/crm.yaml:3)',
      'MR-1208 crm: Account has no field Phon; did you mean Phone? (syncs/crm.yaml:3)',
      'MR-1208 crm: Account has no field Emial; did you mean Email? (syncs/crm.yaml:3)',
      'MR-1208 crm: Account has no field Xyz. (syncs/crm.yaml:3)',
    ])
  })

  it('come with those of the other streams', async () => {
    expect(await messages({ name: 'Account', include: ['Nmae'] }, { name: 'Contact', exclude: ['Emial'] })).toEqual([
      expect.stringContaining('Account has no field Nmae'),
      expect.stringContaining('Contact has no field Emial'),
    ])
  })

  it('are one plain error where there is one, named once however often it stands there', async () => {
    const config = { name: 'Account', include: ['Nmae'], exclude: ['Nmae'] }
    await expect(resolve(config)).rejects.toBeInstanceOf(MillraceError)
    await expect(resolve(config, { name: 'Contact', exclude: ['x'] })).rejects.toBeInstanceOf(MillraceErrors)
    expect(await messages(config)).toHaveLength(1)
  })

  it('that the sync calls personal for all its streams are told about once, and only where no stream has them', async () => {
    const pii = ['Email', 'Emial']
    expect(await messages({ name: 'Account', pii }, { name: 'Contact', pii })).toEqual([
      'MR-1208 crm: none of the streams that the sync’s own lists are for has a field Emial; did you mean Email? (syncs/crm.yaml)',
    ])
  })

  it.each(['include', 'exclude', 'pii'] as const)(
    'that the sync has in its %s are those that none of the streams has which it holds for',
    async (key) => {
      const of = async (field: string) =>
        messages(
          { name: 'Account', [key]: [field], ownFields: [] },
          { name: 'Plain', [key]: [field], ownFields: [] },
          // Its own list is another.
          { name: 'Contact' },
        )
      expect(await of('Email')).toEqual([])
      expect(await of('Emial')).toEqual([
        'MR-1208 crm: none of the streams that the sync’s own lists are for has a field Emial; did you mean Email? (syncs/crm.yaml)',
      ])
      expect(await messages({ name: 'Contact' }, { name: 'Plain', [key]: ['Email'], ownFields: [] })).toEqual([
        'MR-1208 crm: none of the streams that the sync’s own lists are for has a field Email. (syncs/crm.yaml)',
      ])
    },
  )

  it.each([
    ['include', { include: ['Id', 'Emial'] }],
    ['exclude', { exclude: ['Id', 'Emial'] }],
    ['pii', { pii: ['Id', 'Emial'] }],
    ['mask', { mask: { Id: 'sha256', Emial: 'redact' } }],
  ] as const)('that a glob has in its %s are those that none of its streams has, told once', async (_, names) => {
    const config = { name: '{Account*,Plain}', ...names, ownFields: ['Id', 'Emial'] }
    expect(await messages(config, { name: 'Contact' })).toEqual([
      'MR-1208 crm: none of the streams that {Account*,Plain} is for has a field Emial; did you mean Email? (syncs/crm.yaml:3)',
    ])
    // Another stream of the sync that has it is no excuse, and one of its own that has it is enough.
    const plain = { name: 'Pla*', exclude: ['Email'], ownFields: ['Email'] }
    expect(await messages(plain, { name: 'Contact' })).toEqual([
      'MR-1208 crm: none of the streams that Pla* is for has a field Email. (syncs/crm.yaml:3)',
    ])
    expect(await messages({ ...plain, name: '*' })).toEqual([])
  })

  it.each([
    ['pii, and include', 'pii: [Email]', '{ include: [Name, Email] }'],
    ['mask, and include', 'mask: { Email: sha256 }', '{ include: [Name, Email] }'],
    ['mask, and another mask', 'mask: { Email: sha256 }', '{ mask: { Email: redact } }'],
    ['mask, and exclude', 'mask: { Email: sha256 }', '{ exclude: [Email] }'],
    ['exclude twice', 'exclude: [Email]', '{ exclude: [Email] }'],
  ])(
    'are none that the sync names, and the one stream that has them names once more: %s',
    async (_, ofSync, ofStream) => {
      const found = async (ofSync: string) => {
        const yaml = `source: crm
${ofSync}
streams: { Plain: {}, Contact: ${ofStream} }
`
        const { syncs } = await loadProject(await tempProject({ 'syncs/crm.yaml': yaml }))
        return (await caughtFrom(() => resolveAll(syncs))).map(({ message }) => message)
      }
      expect(await found(ofSync)).toEqual([])
      expect(await found(ofSync.replace('Email', 'Emial'))).toEqual([
        'crm: none of the streams that the sync’s own lists are for has a field Emial; did you mean Email? (syncs/crm.yaml)',
      ])
    },
  )

  it('are not looked for among what every object inherits', async () => {
    expect(await messages({ name: 'Account', include: ['constructor'] })).toEqual([
      'MR-1208 crm: Account has no field constructor. (syncs/crm.yaml:3)',
    ])
  })
})

describe('a glob that fits no stream', () => {
  it('is refused, with its place', async () => {
    const [message] = await messages({ name: 'Zzz*' })
    expect(message).toMatch(/^MR-1208 crm: crm has no stream that Zzz\* fits\. \(syncs\/crm\.yaml:3\)$/)
  })

  it('is refused with the names that are near it', async () => {
    expect(await messages({ name: 'account*' })).toEqual([expect.stringContaining('near it: Account, AccountShare.')])
    expect(await messages({ name: 'Contatc*' })).toEqual([expect.stringContaining('near it: Contact.')])
  })

  it('is told about together with other names that are not there', async () => {
    expect(await messages({ name: 'Zzz*' }, { name: 'Acount' })).toEqual([
      expect.stringContaining('Zzz*'),
      expect.stringContaining('did you mean Account?'),
    ])
  })

  it('is let be where it is switched off, or fits what has an entry of its own', async () => {
    expect(await messages({ name: 'Zzz*', enabled: false }, { name: 'Account' })).toEqual([])
    expect(await messages({ name: 'Cont*' }, { name: 'Contact' })).toEqual([])
  })
})
