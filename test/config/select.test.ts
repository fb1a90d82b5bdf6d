import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { findCircle, modelTables, orderModels, orderSyncs, syncDependencies } from '../../src/config/order-syncs.ts'
import type { EtlSync, Project } from '../../src/config/project.ts'
import { selectSyncs } from '../../src/config/select.ts'
import { caughtFrom, tempProject } from './temp-project.ts'

const reverse = (model: string, more = '') =>
  `model: ${model}\nprimary_key: id\ndestination: mail\nobject: person\nmatch: id\nmap: { id: id }\n${more}`

const project = await loadProject(
  await tempProject({
    'syncs/billing.yaml': 'source: crm\nschema: billing\ntags: [nightly]\nstreams: { Invoice: }\n',
    'syncs/zz_first.yaml': 'source: crm\nschema: zz\nstreams: { X: }\n',
    'syncs/accounts.yaml': reverse('deep', 'tags: [activation]\nafter: [zz_first]\n'),
    'models/deep.sql': "select * from {{ ref('people') }} join {{ source('billing', 'invoice') }} on true",
  }),
)
const names = (select: readonly string[], exclude: readonly string[] = []) =>
  selectSyncs(project, { select, exclude, all: false }).map(({ name }) => name)

describe('selecting syncs', () => {
  it.each([
    ['a name', ['people'], ['people']],
    ['names, in the order in which they run', ['people', 'crm'], ['crm', 'people']],
    ['a tag', ['tag:activation'], ['accounts', 'people']],
    ['a source', ['source:crm'], ['billing', 'crm', 'zz_first']],
    ['a destination', ['destination:mail'], ['accounts', 'people']],
    ['a name with what it needs, through its models', ['+accounts'], ['billing', 'crm', 'zz_first', 'accounts']],
    ['a tag with what it needs', ['+tag:activation'], ['billing', 'crm', 'people', 'zz_first', 'accounts']],
    ['the same twice, once', ['crm', 'tag:crm', 'crm'], ['crm']],
  ])('takes %s', (_, select, expected) => {
    expect(names(select)).toEqual(expected)
  })

  it('leaves out what is excluded', () => {
    expect(names(['source:crm'], ['tag:nightly', 'zz_first'])).toEqual(['crm'])
    expect(
      selectSyncs(project, { select: [], exclude: ['destination:mail'], all: true }).map(({ name }) => name),
    ).toEqual(['billing', 'crm', 'zz_first'])
  })

  it.each([
    ['a sync', ['peolpe'], 'MR-1002', 'there is no sync `peolpe`', 'Did you mean `people`?'],
    ['a tag', ['tag:activatoin'], 'MR-1002', 'no sync has the tag `activatoin`', 'Did you mean `tag:activation`?'],
    ['a source', ['source:mail'], 'MR-1002', 'no sync has the source `mail`', 'There are: source:crm.'],
    [
      'a prefix',
      ['tga:x'],
      'MR-1002',
      '`tga:x` selects nothing: a selector is a sync, `tag:x`, `source:x`, `destination:x`, or one of these with `+` in front',
      'Did you mean `tag:`?',
    ],
    [
      'state',
      ['state:modified'],
      'MR-1211',
      '`state:modified`: selecting by git state is planned and not built yet',
      'Name the syncs.',
    ],
  ])('says that it does not know %s', async (_, select, code, message, next) => {
    expect(await caughtFrom(() => selectSyncs(project, { select, exclude: [], all: false }))).toMatchObject([
      { code, message, next: [next], exitCode: 2 },
    ])
  })

  it('tells all that is wrong at once, in exclude too', async () => {
    const found = await caughtFrom(() => selectSyncs(project, { select: ['a', 'b'], exclude: ['c'], all: false }))
    expect(found.map(({ code }) => code)).toEqual(['MR-1002', 'MR-1002', 'MR-1002'])
  })

  it('wants names or --all, not neither and not both', async () => {
    expect(await caughtFrom(() => selectSyncs(project, { select: [], exclude: [], all: false }))).toMatchObject([
      { code: 'MR-1001' },
    ])
    expect(await caughtFrom(() => selectSyncs(project, { select: ['crm'], exclude: [], all: true }))).toMatchObject([
      { code: 'MR-1001' },
    ])
  })
})

describe('order', () => {
  it('knows what a sync needs', () => {
    expect(syncDependencies(project).get('accounts')).toEqual(['billing', 'crm', 'zz_first'])
    expect(modelTables(project.models, 'deep').map(({ sync }) => sync)).toEqual(['billing', 'crm'])
  })

  it('puts a model after those that it reads', () => {
    expect(orderModels(project.models).map(({ name }) => name)).toEqual(['people', 'deep'])
    expect(orderModels(project.models, ['people']).map(({ name }) => name)).toEqual(['people'])
  })

  const graph = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 })
  const withSyncs = (edges: readonly (readonly [number, number])[]): Project => ({
    ...project,
    models: [],
    syncs: Array.from({ length: 10 }, (_, index) => ({
      ...etl,
      name: `s${index}`,
      after: edges.filter(([from]) => from === index).map(([, to]) => `s${to}`),
    })),
  })
  const etl: EtlSync = {
    kind: 'etl',
    name: '',
    place: { file: '', line: 1, column: 1 },
    tags: [],
    source: 'crm',
    schema: 'x',
    start: null,
    verify: 'warn',
    maxShrink: { rows: 1 },
    after: [],
    shared: { exclude: [], mask: {}, options: {} },
    streams: [],
  }

  it('puts every sync after what it needs, the same way whatever order the files came in', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        const acyclic = withSyncs(edges.filter(([from, to]) => from > to))
        const ordered = orderSyncs(acyclic, acyclic.syncs).map(({ name }) => name)
        for (const sync of acyclic.syncs)
          for (const needed of sync.after) expect(ordered.indexOf(needed)).toBeLessThan(ordered.indexOf(sync.name))
        expect(orderSyncs(acyclic, acyclic.syncs.toReversed()).map(({ name }) => name)).toEqual(ordered)
      }),
    )
  })

  it('finds a circle exactly where there is one, and loses no sync to it', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        const some = withSyncs(edges)
        const needs = syncDependencies(some)
        const circle = findCircle(needs)
        if (circle)
          for (const [index, name] of circle.slice(0, -1).entries())
            expect(needs.get(name)).toContain(circle[index + 1])
        else {
          const ordered = orderSyncs(some, some.syncs).map(({ name }) => name)
          for (const sync of some.syncs)
            for (const needed of sync.after) expect(ordered.indexOf(needed)).toBeLessThan(ordered.indexOf(sync.name))
        }
        expect(orderSyncs(some, some.syncs)).toHaveLength(10)
      }),
    )
  })
})
