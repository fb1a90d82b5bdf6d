import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { modelsOn } from '../../src/config/model-files.ts'
import { findProjectRoot } from '../../src/config/project-paths.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { absent, asNobody, brief, caughtFrom, findingsOf, sound, tempProject, type Files } from './temp-project.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const people = sound['syncs/people.yaml'] ?? ''
const millrace = sound['millrace.yaml'] ?? ''
const withPeople = (from: string, to: string): Files => ({ 'syncs/people.yaml': replaced(people, from, to) })
const withMillrace = (from: string, to: string): Files => ({ 'millrace.yaml': replaced(millrace, from, to) })

function replaced(text: string, from: string, to: string): string {
  expect(text).toContain(from)
  return text.replace(from, () => to)
}

describe('a sound project', () => {
  it('loads the sample project of this repository', async () => {
    const project = await loadProject(repository)
    expect(project.name).toBe('acme')
    expect(project.syncs.map(({ name }) => name)).toEqual([
      'customerio_people',
      'salesforce',
      'salesforce_accounts',
      'stripe',
    ])
    expect(project.models.map(({ name }) => name)).toEqual(['account_status', 'opt_outs_by_channel', 'people'])
  })

  it('fills in every default', async () => {
    const root = await tempProject()
    const project = await loadProject(root)
    expect(project).toMatchObject({ root, defaultTarget: 'sandbox' })
    expect(project.targets['sandbox']).toEqual({
      name: 'sandbox',
      sandbox: true,
      deliver: true,
      warehouse: { type: 'duckdb', path: join(root, '.millrace/sandbox.duckdb'), memoryLimit: '1GB', threads: null },
      connections: {},
      changesRetentionMs: 90 * 86_400_000,
    })
    expect(project.syncs[0]).toMatchObject({
      kind: 'etl',
      schema: 'crm',
      start: null,
      verify: 'warn',
      maxShrink: { fraction: 0.5 },
    })
    expect(project.syncs[1]).toMatchObject({
      kind: 'reverse_etl',
      mode: 'upsert',
      primaryKey: ['id'],
      onRemoved: { kind: 'ignore' },
      optOutRemoval: false,
      refreshEveryMs: null,
      parkAfter: 10,
      verifyOptOuts: false,
      onInvalidKeys: 'stop',
      limits: {
        maxAdded: { fraction: 1 },
        maxChanged: { fraction: 0.5 },
        maxRemoved: { fraction: 0.05 },
        onEmpty: 'stop',
      },
    })
    expect(project.schedules).toEqual({ max_runs: 4, schedules: {} })
  })

  it('has a sandbox that may deliver, and other targets that may not', async () => {
    const project = await loadProject(
      await tempProject(
        withMillrace(
          '  sandbox: { sandbox: true }',
          '  sandbox: { sandbox: true }\n  dev: {}\n  prod: { deliver: true }',
        ),
      ),
    )
    expect(Object.values(project.targets).map(({ name, deliver }) => [name, deliver])).toEqual([
      ['sandbox', true],
      ['dev', false],
      ['prod', true],
    ])
  })

  it('gives a stream the keys of the sync, unless it has its own; what is personal or left out adds up', async () => {
    const project = await loadProject(
      await tempProject({
        'syncs/crm.yaml': `source: crm
start: 2022-01-01
mode: append
pii: [Email]
exclude: [Email, Fax]
options: { a: 1, b: 1 }
streams:
  Account: { mode: merge, pii: [Phone], exclude: [Fax, Phone], field_history: true, options: { b: 2 } }
  "*__c": { enabled: false }
  Contact:
`,
      }),
    )
    const [sync] = project.syncs
    expect(sync).toMatchObject({
      start: '2022-01-01T00:00:00.000Z',
      streams: [
        {
          name: 'Account',
          mode: 'merge',
          pii: ['Email', 'Phone'],
          exclude: ['Email', 'Fax', 'Phone'],
          fieldHistory: true,
          enabled: true,
          options: { a: 1, b: 2 },
          place: { file: 'syncs/crm.yaml', line: 8, column: 3 },
        },
        { name: '*__c', pii: ['Email'], enabled: false },
        { name: 'Contact', pii: ['Email'], exclude: ['Email', 'Fax'], mode: 'append', options: { a: 1, b: 1 } },
      ],
    })
  })

  it('reads every form of a mapping', async () => {
    const project = await loadProject(
      await tempProject(
        withPeople(
          '  email: email\n',
          `  email: { column: email }
  plan: { column: plan, values: { pro: P, 1: one, true: yes } }
  source: { value: 12.50 }
  nothing: { value: null }
  topics.topic_3: { opt_out: news, values: { true: false, false: true }, allow_opt_in: true }
`,
        ),
      ),
    )
    const sync = project.syncs.find(({ name }) => name === 'people')
    expect(sync?.kind === 'reverse_etl' && sync.map.map(({ place: _, ...mapping }) => mapping)).toEqual([
      { field: 'id', kind: 'column', column: 'id', values: null },
      { field: 'email', kind: 'column', column: 'email', values: null },
      { field: 'plan', kind: 'column', column: 'plan', values: { pro: 'P', '1': 'one', true: 'yes' } },
      { field: 'source', kind: 'value', value: 12.5 },
      { field: 'nothing', kind: 'value', value: null },
      { field: 'topics.topic_3', kind: 'opt_out', column: 'news', out: false, in: true, allowOptIn: true },
      { field: 'unsubscribed', kind: 'opt_out', column: 'email_opt_out', out: true, in: false, allowOptIn: false },
    ])
  })

  it('reads limits, freshness, removal and keys', async () => {
    const project = await loadProject(
      await tempProject(
        withPeople(
          'object: person\n',
          `object: person
after: [crm]
freshness: { crm: 1h30m }
limits: { max_added: 10000, max_changed: 0.5%, max_removed: "0", on_empty: proceed }
on_removed: { set: { plan: none } }
on_invalid_keys: skip
options: { page: 3 }
`.replace('"0"', '0'),
        ),
      ),
    )
    expect(project.syncs[1]).toMatchObject({
      after: ['crm'],
      freshness: { crm: 5_400_000 },
      limits: {
        maxAdded: { rows: 10_000 },
        maxChanged: { fraction: 0.005 },
        maxRemoved: { rows: 0 },
        onEmpty: 'proceed',
      },
      onRemoved: { kind: 'set', values: { plan: 'none' } },
      optOutRemoval: false,
      refreshEveryMs: null,
      parkAfter: 10,
      verifyOptOuts: false,
      onInvalidKeys: 'skip',
      changesRetentionMs: null,
      options: { page: 3 },
    })
  })

  it('finds the sources and refs of a model', async () => {
    const project = await loadProject(
      await tempProject({
        'models/more.sql': `select * from {{ ref("people") }} join {{source('crm','account')}} on true`,
      }),
    )
    expect(project.models.find(({ name }) => name === 'more')).toMatchObject({
      files: [{ file: 'models/more.sql', warehouse: null }],
      sources: [{ sync: 'crm', table: 'account' }],
      refs: ['people'],
    })
  })

  it('takes a view that stands beside a table for a source, too', async () => {
    const sql = (table: string) => `select * from {{ source('billing', '${table}') }}`
    const { models } = await loadProject(
      await tempProject({
        'syncs/billing.yaml': 'source: crm\nstreams: { charges: }\n',
        'models/amounts.sql': sql('charges_decimal'),
        'models/then.sql': sql('charges_history_scd2'),
        'models/raw.sql': sql('charges_field_history_raw'),
      }),
    )
    expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining(['amounts', 'raw', 'then']))
  })

  it('takes the file of a warehouse beside the one for all, and reads what each of them names', async () => {
    const project = await loadProject(
      await tempProject({
        'models/sub/more.sql': `select * from {{ source('crm', 'account') }} -- not {{ ref('gone') }}`,
        'models/sub/more.snowflake.sql': `select 'it\\'s' from {{ ref('people') }}`,
        'models/only.duckdb.sql': `select {{ json_text(a, 'b') }} from {{ source('crm', 'contact') }}`,
      }),
    )
    expect(project.models).toMatchObject([
      { name: 'more', sources: [{ table: 'account' }], refs: ['people'] },
      { name: 'only', files: [{ warehouse: 'duckdb' }] },
      { name: 'people', files: [{ warehouse: null }] },
    ])
    const shown = (warehouse: 'duckdb' | 'snowflake') =>
      modelsOn(project.models, warehouse).map(({ name, file, refs }) => [name, file, refs])
    expect(shown('duckdb')).toEqual([
      ['more', 'models/sub/more.sql', []],
      ['only', 'models/only.duckdb.sql', []],
      ['people', 'models/people.sql', []],
    ])
    expect(shown('snowflake')).toEqual([
      ['more', 'models/sub/more.snowflake.sql', ['people']],
      ['people', 'models/people.sql', []],
    ])
  })

  it('gives schedules the defaults of their file', async () => {
    const project = await loadProject(
      await tempProject({
        'schedules.yaml': `defaults: { timezone: Europe/Helsinki, retry: { attempts: 5 } }
schedules:
  nightly: { select: [crm], cron: "0 2 * * *", overlap: buffer_one }
  later: { select: ["tag:activation"], after: { all: [nightly] } }
  once: { select: [people], at: 2027-01-01T02:00:00 }
  often: { select: [+people], every: 90s }
`,
      }),
    )
    expect(project.schedules).toMatchObject({
      max_runs: 4,
      schedules: {
        nightly: {
          timezone: 'Europe/Helsinki',
          overlap: 'buffer_one',
          retry: { attempts: 5, initial: '30s', max: '15m' },
        },
        later: { after: { all: ['nightly'], within: '24h' }, overlap: 'skip' },
      },
    })
  })
})

describe('finding the project', () => {
  it('walks up from a subdirectory', async () => {
    const root = await tempProject()
    await mkdir(join(root, 'a/b'), { recursive: true })
    expect(findProjectRoot(join(root, 'a/b'))).toBe(root)
    expect((await loadProject(join(root, 'a/b'))).root).toBe(root)
  })

  it('says MR-1003 where there is none', async () => {
    const [error] = await caughtFrom(() => loadProject('/'))
    expect(error).toBeInstanceOf(MillraceError)
    expect(error).toMatchObject({ code: 'MR-1003', exitCode: 2 })
  })
})

type Case = readonly [behaviour: string, files: Files, findings: readonly string[]]

const p = 'syncs/people.yaml'
const c = 'syncs/crm.yaml'
const m = 'millrace.yaml'
const s = 'schedules.yaml'
const crm = (text: string): Files => ({ [c]: text })
const schedules = (text: string): Files => ({ [s]: `schedules:\n  one: ${text}\n` })

const cases: readonly Case[] = [
  // form
  ['an unknown key', withPeople('primary_key', 'primary_keys'), [`MR-1203 ${p}:2:1 primary_keys`]],
  [
    'an unknown key deep down',
    withPeople('tags', 'limits: { max_remved: 1% }\ntags'),
    [`MR-1203 ${p}:6:11 max_remved`],
  ],
  [
    'an unknown key of a stream',
    crm('source: crm\nstreams:\n  Account: { feild_history: true }\n  Contact:\n'),
    [`MR-1203 ${c}:3:14 feild_history`],
  ],
  [
    'an unknown key of a target',
    withMillrace('sandbox: true', 'sandbox: true, delivr: true'),
    [`MR-1203 ${m}:3:29 delivr`],
  ],
  ['a missing key', withPeople('object: person\n', ''), [`MR-1202 ${p}:1:1 model`]],
  ['a key with nothing behind it', withPeople('object: person', 'object:'), [`MR-1201 ${p}:4:1 object`]],
  ['a wrong type', withPeople('tags: [activation]', 'tags: activation'), [`MR-1201 ${p}:6:7 activation`]],
  ['a wrong type inside a list', withPeople('[activation]', '[activation, 7]'), [`MR-1201 ${p}:6:20 7`]],
  [
    'a word that is not allowed',
    withPeople('object: person', 'object: person\nmode: upsrt'),
    [`MR-1201 ${p}:5:7 upsrt`],
  ],
  [
    'a bad limit',
    withPeople('tags', 'limits: { max_added: lots, max_removed: -1, max_changed: 5.5 }\ntags'),
    [`MR-1201 ${p}:6:22 lots`, `MR-1201 ${p}:6:41 -1`, `MR-1201 ${p}:6:58 5.5`],
  ],
  ['a bad duration', withPeople('tags', 'freshness: { crm: 26 hours }\ntags'), [`MR-1201 ${p}:6:19 26 hours`]],
  ['a bad start', crm('source: crm\nstart: 2022-02-30\nstreams: { Contact: }\n'), [`MR-1201 ${c}:2:8 2022-02-30`]],
  ['no streams', crm('source: crm\nstreams: {}\n'), [`MR-1201 ${c}:2:10 {}`]],
  [
    'a mapping of no known form',
    withPeople('email: email\n', 'email: { colunm: email }\n'),
    [`MR-1203 ${p}:9:12 colunm`],
  ],
  ['a mapping that is a number', withPeople('email: email\n', 'email: 5\n'), [`MR-1201 ${p}:9:10 5`]],
  ['a part of a list that is no mapping', withPeople('email: email\n', 'email: [id, 7]\n'), [`MR-1201 ${p}:9:15 7`]],
  [
    'two forms in one mapping',
    withPeople('email: email\n', 'email: { value: total, currency: eur }\n'),
    [`MR-1203 ${p}:9:26 currency`],
  ],
  [
    'values without a column',
    withPeople('email: email\n', 'email: { values: { a: b } }\n'),
    [`MR-1202 ${p}:9:3 email`],
  ],
  [
    'an opt-out inside an object',
    withPeople('email: email\n', 'email: { news: { opt_out: email_opt_out } }\n'),
    [`MR-1201 ${p}:9:18 { opt_out: email_opt_out }`],
  ],
  [
    'an opt-out that leaves out its nulls',
    withPeople('{ opt_out: email_opt_out }', '{ opt_out: email_opt_out, omit_null: true }'),
    [`MR-1203 ${p}:10:43 omit_null`],
  ],
  [
    'a lookup in no model',
    withPeople('email: email\n', 'email: { lookup: { model: peple, by: id, column: email } }\n'),
    [`MR-1204 ${p}:9:10 { lookup: { model: peple, by: id, column: email } }`],
  ],
  [
    'a lookup of a record inside an object',
    withPeople('email: email\n', 'email: { a: { lookup: { object: x, by: y, column: z } } }\n'),
    [`MR-1201 ${p}:9:15 { lookup: { object: x, by: y, column: z } }`],
  ],
  [
    'a lookup without its column',
    withPeople('email: email\n', 'email: { lookup: { model: people, by: id } }\n'),
    [`MR-1202 ${p}:9:12 lookup`],
  ],
  [
    'a template that is not closed',
    withPeople('email: email\n', "email: { template: 'a {{ b' }\n"),
    [`MR-1201 ${p}:9:25 {{ b`],
  ],
  [
    'a filter that there is not, in a block',
    withPeople('email: email\n', 'email:\n    template: |\n      Dear\n      {{ name | upcas }}!\n'),
    [`MR-1201 ${p}:12:7 {{ name | upcas }}`],
  ],
  [
    'a template that reads a file',
    withPeople('email: email\n', 'email: { a: { template: "{% include \'x\' %}" } }\n'),
    [`MR-1201 ${p}:9:28 {% include 'x' %}`],
  ],
  [
    'an unknown key of an opt-out',
    withPeople('{ opt_out: email_opt_out }', '{ opt_out: email_opt_out, alow_opt_in: true }'),
    [`MR-1203 ${p}:10:43 alow_opt_in`],
  ],
  [
    'an opt-out with one word only',
    withPeople('{ opt_out: email_opt_out }', '{ opt_out: email_opt_out, values: { true: out } }'),
    [`MR-1202 ${p}:10:43 values`],
  ],
  [
    'an opt-out whose words are the same',
    withPeople('{ opt_out: email_opt_out }', '{ opt_out: email_opt_out, values: { true: 1, false: 1 } }'),
    [`MR-1201 ${p}:10:51 { true: 1, false: 1 }`],
  ],
  ['a removal of no known form', withPeople('tags', 'on_removed: ignroe\ntags'), [`MR-1201 ${p}:6:13 ignroe`]],
  ['neither source nor model', crm('tags: [a]\n'), [`MR-1202 ${c}:1:1 tags`]],
  ['both source and model', crm('source: crm\nmodel: people\n'), [`MR-1201 ${c}:2:1 model`]],
  ['an empty file', { ...crm(''), 'models/people.sql': 'select 1' }, [`MR-1202 ${c}:1:1 `]],
  ['opt_out_removal without a removal', withPeople('tags', 'opt_out_removal: true\ntags'), [`MR-1201 ${p}:6:18 true`]],
  [
    'an opt-out, and a refresh, of a sync that only inserts',
    withPeople('tags', 'mode: insert\nrefresh_every: 30d\ntags'),
    [`MR-1201 ${p}:7:16 30d`, `MR-1201 ${p}:12:17 { opt_out: email_opt_out }`],
  ],
  ['park_after of nothing', withPeople('tags', 'park_after: 0\ntags'), [`MR-1201 ${p}:6:13 0`]],
  ['a refresh that is no duration', withPeople('tags', 'refresh_every: soon\ntags'), [`MR-1201 ${p}:6:16 soon`]],
  [
    'a mask of no known kind',
    crm('source: crm\nstreams:\n  Contact: { mask: { Phone: md5 } }\n'),
    [`MR-1201 ${c}:3:29 md5`],
  ],
  [
    'a restatement of more days than there are reports, and of none',
    crm(
      'source: crm\nstreams:\n  Contact: { restate: { window: 99999999d } }\n  Account: { restate: { window: 0d } }\n',
    ),
    [`MR-1201 ${c}:3:33 99999999d`, `MR-1201 ${c}:4:33 0d`],
  ],
  [
    'a restatement without a window',
    crm('source: crm\nstreams:\n  Contact: { restate: { every: 1d } }\n'),
    [`MR-1202 ${c}:3:14 restate`],
  ],
  [
    'a refresh of formulas that is no duration',
    crm('source: crm\nformula_refresh: soon\nstreams:\n  Contact:\n'),
    [`MR-1201 ${c}:2:18 soon`],
  ],
  [
    'a Snowflake warehouse without anything',
    withMillrace('{ sandbox: true }', '{ warehouse: { type: snowflake } }'),
    [
      `MR-1202 ${m}:3:14 warehouse`,
      `MR-1202 ${m}:3:14 warehouse`,
      `MR-1202 ${m}:3:14 warehouse`,
      `MR-1202 ${m}:3:14 warehouse`,
      `MR-1201 ${m}:3:25 { type: snowflake }`,
    ],
  ],
  [
    'a Snowflake warehouse with wrong values',
    withMillrace(
      '{ sandbox: true }',
      '{ sandbox: true, warehouse: { type: snowflake, account: "a b", base_url: http://x.example, statement_timeout: 5 } }',
    ),
    [`MR-1201 ${m}:3:68 "a b"`, `MR-1201 ${m}:3:85 http://x.example`, `MR-1201 ${m}:3:122 5`],
  ],
  // not built yet
  ['transform', withPeople('tags', 'transform: transforms/x.ts\ntags'), [`MR-1211 ${p}:6:1 transform`]],
  [
    'state:modified in a schedule',
    schedules('{ select: ["state:modified"], every: 1h }'),
    [`MR-1211 ${s}:2:19 "state:modified"`],
  ],
  [
    'a schedule for a target that is not there',
    schedules('{ select: [crm], every: 1h, enabled: [sandbx] }'),
    [`MR-1204 ${s}:2:46 sandbx`],
  ],
  [
    'a schedule whose exclude takes all that it selects',
    schedules('{ select: [crm], exclude: ["source:crm"], every: 1h }'),
    [`MR-1201 ${s}:2:25 exclude`],
  ],
  [
    'one that is off, and `overlap: allow` of a load that is excluded',
    schedules('{ select: [crm], exclude: [crm], every: 1h, enabled: false, overlap: allow }'),
    [],
  ],
  [
    'a priority of no known word',
    schedules('{ select: [crm], every: 1h, priority: urgent }'),
    [`MR-1201 ${s}:2:46 urgent`],
  ],
  // names
  ['an unknown source', crm('source: cmr\nstreams: { Contact: }\n'), [`MR-1204 ${c}:1:9 cmr`]],
  [
    'an unknown destination and model',
    { [p]: people.replace(': mail', ': mial').replace('model: people', 'model: peolpe') },
    [`MR-1204 ${p}:1:8 peolpe`, `MR-1204 ${p}:3:14 mial`],
  ],
  [
    'an unknown sync in after and freshness',
    withPeople('tags', 'after: [crn]\nfreshness: { people: 1h }\ntags'),
    [`MR-1204 ${p}:6:9 crn`, `MR-1204 ${p}:7:14 people`],
  ],
  [
    'an unknown default target',
    withMillrace('targets:', 'default_target: sandbx\ntargets:'),
    [`MR-1204 ${m}:2:17 sandbx`],
  ],
  [
    'an override of an unknown connection',
    withMillrace('sandbox: true', 'sandbox: true, connections: { crn: {} }'),
    [`MR-1204 ${m}:3:44 crn`],
  ],
  ['a match that is not mapped', withPeople('match: id', 'match: emial'), [`MR-1201 ${p}:5:8 emial`]],
  ['a match that is a constant', withPeople('  id: id', '  id: { value: 1 }'), [`MR-1201 ${p}:8:7 { value: 1 }`]],
  ['a key column that stands twice', withPeople('primary_key: id', 'primary_key: [id, id]'), [`MR-1201 ${p}:2:19 id`]],
  [
    'a removal that takes an opt-out back',
    withPeople('tags', 'on_removed: { clear: [unsubscribed] }\ntags'),
    [`MR-1201 ${p}:6:23 unsubscribed`],
  ],
  [
    'a removal that sets the opt-out, which it says nothing about',
    withPeople('tags', 'on_removed: { set: { unsubscribed: true } }\ntags'),
    [`MR-1201 ${p}:6:36 true`],
  ],
  [
    'a removal that sets the opt-in',
    withPeople('tags', 'on_removed: { set: { unsubscribed: false, id: x } }\ntags'),
    [`MR-1201 ${p}:6:36 false`, `MR-1201 ${p}:6:47 x`],
  ],
  [
    'two targets with one warehouse file',
    withMillrace(
      '{ sandbox: true }',
      '{ sandbox: true }\n  dev: { warehouse: { type: duckdb, path: .millrace/sandbox.duckdb } }',
    ),
    [`MR-1201 ${m}:4:43 .millrace/sandbox.duckdb`],
  ],
  [
    'references where none is looked up',
    {
      ...withPeople(
        '  email: email\n',
        "  email: email\n  stage: { value: '${env:STAGE}' }\n  tier: { template: 'the ${file:/run/tier} {{ env }} one' }\n",
      ),
      ...crm('source: crm\nstreams:\n  Contact: { where: "Region = \'${env:REGION}\'" }\n'),
      ...schedules("{ select: [crm, '${env:ALSO}'], every: 1h }"),
    },
    [
      `MR-1201 ${s}:2:24 '\${env:ALSO}'`,
      `MR-1204 ${s}:2:24 '\${env:ALSO}'`,
      `MR-1201 ${c}:3:21 "Region = '\${env:REGION}'"`,
      `MR-1201 ${p}:10:19 '\${env:STAGE}'`,
      `MR-1201 ${p}:11:21 'the \${file:/run/tier} {{ env }} one'`,
    ],
  ],
  ['a reserved schema', crm('source: crm\nschema: _millrace\nstreams: { Contact: }\n'), [`MR-1201 ${c}:2:9 _millrace`]],
  [
    'two syncs that load one table',
    { 'syncs/again.yaml': 'source: crm\nschema: crm\nstreams:\n  Lead: {}\n  Account: {}\n  contact: {}\n' },
    [`MR-1201 ${c}:4:3 Account`],
  ],
  [
    'a field that is included and excluded',
    crm('source: crm\nstreams:\n  Contact: { include: [Name, Email], exclude: [Phone, Email] }\n'),
    [`MR-1201 ${c}:3:30 Email`],
  ],
  [
    'a field that a stream includes and the sync excludes',
    crm('source: crm\nexclude: [Email]\nstreams:\n  Contact: { include: [Name, Email] }\n'),
    [`MR-1201 ${c}:4:30 Email`],
  ],
  [
    'the same, where the stream excludes something else',
    crm('source: crm\nexclude: [Email]\nstreams:\n  Contact: { include: [Name, Email], exclude: [Phone] }\n'),
    [`MR-1201 ${c}:4:30 Email`],
  ],
  ['a query for all streams', crm('source: crm\nquery: select 1\nstreams: { Contact: }\n'), [`MR-1203 ${c}:2:1 query`]],
  ['an ending in capitals', { 'syncs/new.YAML': sound[c] ?? '', 'models/new.SQL': 'select 1' }, ['MR-1201', 'MR-1201']],
  ['a name that is there in lower case already', { 'syncs/Crm.yaml': sound[c] ?? '' }, ['MR-1201']],
  ['a file name that is no name', { 'syncs/My-Sync.yaml': 'source: crm\nstreams: { Account: }\n' }, ['MR-1201']],
  ['two files of one name', { 'syncs/more/crm.yaml': sound[c] ?? '' }, ['MR-1201']],
  // models
  [
    'an unknown ref',
    { 'models/x.sql': "select *\nfrom {{ ref('peopel') }}" },
    ["MR-1204 models/x.sql:2:6 {{ ref('peopel') }}"],
  ],
  [
    'an unknown sync in a source',
    { 'models/x.sql': "select * from {{ source('cmr', 'contact') }}" },
    ["MR-1204 models/x.sql:1:15 {{ source('cmr', 'contact') }}"],
  ],
  [
    'a reverse sync as a source',
    { 'models/x.sql': "select * from {{ source('people', 'contact') }}" },
    ["MR-1204 models/x.sql:1:15 {{ source('people', 'contact') }}"],
  ],
  [
    'a table that no stream loads',
    { 'models/x.sql': "select * from {{ source('crm', 'contacts') }}" },
    ["MR-1204 models/x.sql:1:15 {{ source('crm', 'contacts') }}"],
  ],
  [
    'anything else between braces',
    { 'models/x.sql': "select {{ config(x=1) }}, {{ rf('people') }}, {{ ref(people) }},\n{{ ref('people')" },
    [
      'MR-1201 models/x.sql:1:8 {{ config(x=1) }}',
      "MR-1201 models/x.sql:1:27 {{ rf('people') }}",
      'MR-1201 models/x.sql:1:47 {{ ref(people) }}',
      "MR-1201 models/x.sql:2:1 {{ ref('people')",
    ],
  ],
  [
    'a model of two statements',
    { 'models/x.sql': "select ';' as a -- ; no\n; drop schema _millrace cascade" },
    ['MR-1201 models/x.sql:2:3 drop'],
  ],
  ['an empty model', { 'models/x.sql': ' \n' }, ['MR-1201 models/x.sql:1:1  ']],
  [
    'models in a circle',
    { 'models/x.sql': "select * from {{ ref('y') }}", 'models/y.sql': "select * from {{ ref('x') }}" },
    ["MR-1207 models/x.sql:1:15 {{ ref('y') }}"],
  ],
  [
    'models in a circle on one warehouse only',
    {
      'models/x.sql': "select * from {{ source('crm', 'contact') }}",
      'models/x.snowflake.sql': "select *\nfrom {{ ref('y') }}",
      'models/y.sql': "select * from {{ ref('x') }}",
    },
    ["MR-1207 models/x.snowflake.sql:2:6 {{ ref('y') }}"],
  ],
  [
    'models that read each other on different warehouses',
    {
      'models/x.sql': "select * from {{ ref('y') }}",
      'models/x.snowflake.sql': 'select 1',
      'models/y.sql': 'select 1',
      'models/y.snowflake.sql': "select * from {{ ref('x') }}",
    },
    [],
  ],
  [
    'a wrong name in the file of one warehouse',
    { 'models/x.sql': 'select 1', 'models/x.snowflake.sql': "select * from {{ source('crm', 'contacts') }}" },
    ["MR-1204 models/x.snowflake.sql:1:15 {{ source('crm', 'contacts') }}"],
  ],
  ['a warehouse that there is not', { 'models/x.snowflak.sql': 'select 1' }, ['MR-1201']],
  ['a model that is in two folders', { 'models/x.sql': 'select 1', 'models/y/x.duckdb.sql': 'select 1' }, ['MR-1201']],
  [
    'a macro that is nearly one',
    { 'models/x.sql': "select {{ jsontext(a, 'b') }}" },
    ["MR-1201 models/x.sql:1:8 {{ jsontext(a, 'b') }}"],
  ],
  [
    'wrong arguments of macros',
    {
      'models/x.sql': `select {{ dateadd('day', -7) }}, {{ dateadd(day, 1, a) }},
  {{ datediff('days', a, b) }}, {{ datediff('day', a, ) }},
  {{ json_text(a, b) }}, {{ json_text(a, '$.b') }}, {{ json_value(a, 'b..c') }},
  {{ try_cast(a as integer) }}, {{ try_cast(a, 'int') }}, {{ try_cast(a, 'decimal(39,2)') }}, {{ try_cast(
    json_text(a, 'b['), 'dat') }},
  {{ flatten(a) }}, {{ current_date(1) }}, {{ json_text(flatten(a), 'b') }}, '{{ ref('people') }}' -- {{ anything }}`,
    },
    [
      "MR-1201 models/x.sql:1:11 dateadd('day', -7)",
      'MR-1201 models/x.sql:1:45 day',
      "MR-1201 models/x.sql:2:15 'days'",
      "MR-1201 models/x.sql:2:36 datediff('day', a, )",
      'MR-1201 models/x.sql:3:19 b',
      "MR-1201 models/x.sql:3:42 '$.b'",
      "MR-1201 models/x.sql:3:70 'b..c'",
      'MR-1201 models/x.sql:4:6 try_cast(a as integer)',
      "MR-1201 models/x.sql:4:48 'int'",
      "MR-1201 models/x.sql:4:74 'decimal(39,2)'",
      "MR-1201 models/x.sql:5:18 'b['",
      "MR-1201 models/x.sql:5:25 'dat'",
      'MR-1201 models/x.sql:6:24 current_date(1)',
      'MR-1201 models/x.sql:6:57 flatten(a)',
      "MR-1201 models/x.sql:6:79 {{ ref('",
    ],
  ],
  [
    'syncs in a circle',
    { ...crm('source: crm\nafter: [people]\nstreams: { Contact: }\n') },
    [`MR-1207 ${c}:2:9 people`],
  ],
  // paths
  [
    'a warehouse outside the project',
    withMillrace('sandbox: true', 'sandbox: true, warehouse: { type: duckdb, path: ../x.duckdb }'),
    [`MR-1206 ${m}:3:62 ../x.duckdb`],
  ],
  [
    'an absolute warehouse path',
    withMillrace('sandbox: true', 'sandbox: true, warehouse: { type: duckdb, path: /tmp/x.duckdb }'),
    [`MR-1206 ${m}:3:62 /tmp/x.duckdb`],
  ],
  // schedules
  ['a bad cron', schedules('{ select: [crm], cron: "61 * * * *" }'), [`MR-1201 ${s}:2:31 "61 * * * *"`]],
  ['a cron that never comes', schedules('{ select: [crm], cron: "0 0 31 2 *" }'), [`MR-1201 ${s}:2:31 "0 0 31 2 *"`]],
  [
    'a bad timezone',
    schedules('{ select: [crm], every: 1h, timezone: Europe/Helsinky }'),
    [`MR-1201 ${s}:2:46 Europe/Helsinky`],
  ],
  ['a duration without its unit', schedules('{ select: [crm], every: 60 }'), [`MR-1201 ${s}:2:32 60`]],
  [
    'a size without its unit',
    withMillrace('sandbox: true', 'sandbox: true, warehouse: { type: duckdb, memory_limit: 512 }'),
    [`MR-1201 ${m}:3:70 512`],
  ],
  ['a removal that there is not', withPeople('map:', 'on_removed: remove\nmap:'), [`MR-1201 ${p}:7:13 remove`]],
  ['an interval of no form', schedules('{ select: [crm], every: 1 h }'), [`MR-1201 ${s}:2:32 1 h`]],
  [
    'an interval that no number can hold',
    schedules('{ select: [crm], every: 99999999999999999w }'),
    [`MR-1201 ${s}:2:32 99999999999999999w`],
  ],
  ['an interval of nothing', schedules('{ select: [crm], every: 0s }'), [`MR-1201 ${s}:2:32 0s`]],
  ['a timeout of nothing', schedules('{ select: [crm], every: 1h, timeout: 0s }'), [`MR-1201 ${s}:2:45 0s`]],
  [
    'a timeout that no timer can wait for',
    schedules('{ select: [crm], every: 1h, timeout: 25d }'),
    [`MR-1201 ${s}:2:45 25d`],
  ],
  [
    'a timeout that no number can hold',
    schedules('{ select: [crm], every: 1h, timeout: 99999999999999999w }'),
    [`MR-1201 ${s}:2:45 99999999999999999w`],
  ],
  ['a timeout of no form', schedules('{ select: [crm], every: 1h, timeout: long }'), [`MR-1201 ${s}:2:45 long`]],
  [
    'a grace that no timer can wait for',
    schedules('{ select: [crm], every: 1h, grace: 30d }'),
    [`MR-1201 ${s}:2:43 30d`],
  ],
  ['loads that overlap', schedules('{ select: [crm], every: 1h, overlap: allow }'), [`MR-1201 ${s}:2:45 allow`]],
  ['no trigger', schedules('{ select: [crm] }'), [`MR-1201 ${s}:2:8 { select: [crm] }`]],
  ['two triggers', schedules('{ select: [crm], every: 1h, cron: "0 1 * * *" }'), [`MR-1201 ${s}:2:32 1h`]],
  [
    'an unknown sync, tag or schedule',
    schedules('{ select: [cmr, "tag:crn", "surce:crm"], after: { all: [two] } }'),
    [`MR-1204 ${s}:2:19 cmr`, `MR-1204 ${s}:2:24 "tag:crn"`, `MR-1204 ${s}:2:35 "surce:crm"`, `MR-1204 ${s}:2:64 two`],
  ],
  ['schedules in a circle', schedules('{ select: [crm], after: { all: [one] } }'), [`MR-1207 ${s}:2:25 after`]],
  // YAML
  ['text that is not YAML', withPeople('object: person', 'object: [person'), [`MR-1101 ${p}`]],
  [
    'a key that stands twice',
    withPeople('object: person', 'object: person\nobject: other'),
    [`MR-1101 ${p}:5:1 object`],
  ],
  [
    'two keys that are the same text',
    withPeople('email: email\n', 'email: { column: a, values: { true: 1, "true": 2 } }\n'),
    [`MR-1101 ${p}:9:42 "true"`],
  ],
  [
    'a key that is read as another',
    withPeople('email: email\n', 'email: { column: a, values: { 0x10: 1 } }\n'),
    [`MR-1101 ${p}:9:33 0x10`],
  ],
  ['an anchor that is not there', withPeople('email: email\n', 'email: *mail\n'), [`MR-1101 ${p}:9:10 *mail`]],
  [
    'an anchor around its own alias',
    withPeople('email: email\n', 'email: { value: &v [*v] }\n'),
    [`MR-1101 ${p}:9:23 *v`],
  ],
  [
    'a merge key',
    withPeople('email: email\n', 'email: &e { column: email }\n  name: { <<: *e, column: name }\n'),
    [`MR-1101 ${p}:10:11 <<`],
  ],
  ['a tag', withPeople('object: person', 'object: !!js/function person'), [`MR-1101 ${p}:4:9 !!js/function`]],
  ['a second document', withPeople('object: person', 'object: person\n---\nx: 1'), [`MR-1101 ${p}`]],
  [
    'half of a character, and not a whole one',
    withPeople('email: email\n', 'email: { column: a, values: { a: "x\\ud83d", b: "\\ud83d\\ude00" } }\n'),
    [`MR-1201 ${p}:9:36 "x\\ud83d"`],
  ],
  [
    'a number with too many digits',
    withPeople('email: email\n', 'email: { value: 12345678901234567890 }\n'),
    [`MR-1201 ${p}:9:19 12345678901234567890`],
  ],
  [
    'numbers that are read as others than are written',
    withPeople(
      'email: email\n',
      'email: { column: a, values: { a: 01234, b: -007, c: 0o17, d: 0x1F, e: +4512345678 } }\n' +
        '  fine: { column: a, values: { a: 0, b: -0.5, c: 10.50, d: 1e3, e: "01234", f: 12:30, g: .5, h: 0d1 } }\n',
    ),
    [
      `MR-1201 ${p}:9:36 01234`,
      `MR-1201 ${p}:9:46 -007`,
      `MR-1201 ${p}:9:55 0o17`,
      `MR-1201 ${p}:9:64 0x1F`,
      `MR-1201 ${p}:9:73 +4512345678`,
    ],
  ],
  [
    'numbers as the YAML of 2005 had them',
    { [c]: `%YAML 1.1\n---\n${sound[c] ?? ''}options: { a: 1_000 }\n` },
    [`MR-1201 ${c}:8:15 1_000`],
  ],
  ['not a number', withPeople('email: email\n', 'email: { value: .nan }\n'), [`MR-1201 ${p}:9:19 .nan`]],
]

describe('findings, with their code and place', () => {
  it.each(cases)('%s', async (_, files, expected) => {
    const found = (await findingsOf(files)).map(brief)
    expect(
      found.map((line, index) =>
        expected[index] && !/:\d/.test(expected[index]) ? line.slice(0, expected[index].length) : line,
      ),
    ).toEqual(expected)
  })

  it('read like this', async () => {
    const lines: string[] = []
    for (const [behaviour, files] of cases) {
      lines.push(`## ${behaviour}`)
      for (const error of await findingsOf(files))
        lines.push(`${brief(error)}`, `  ${error.message}`, ...error.next.map((line) => `  → ${line}`))
      lines.push('')
    }
    await expect(lines.join('\n')).toMatchFileSnapshot('golden/findings.txt')
  })

  it('come all at once, in the order of the files', async () => {
    const found = await findingsOf({
      [m]: `${millrace}unknown: 1\n`,
      ...withPeople('object: person', 'objekt: person'),
      [c]: 'source: [\n',
      [s]: 'schedules: { a: { select: [crm], evry: 1h } }\n',
      'models/people.sql': "select {{ x }} from {{ ref('y') }}",
    })
    expect(found.map(brief).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `MR-1203 ${m}:7:1`,
      'MR-1201 models/people.sql:1:8',
      'MR-1204 models/people.sql:1:21',
      `MR-1201 ${s}:1:17`,
      `MR-1203 ${s}:1:34`,
      `MR-1101 ${c}:2:1`,
      `MR-1203 ${p}:4:1`,
    ])
  })

  it('do not follow from one another: a broken file still counts as defined', async () => {
    const found = await findingsOf({
      [c]: 'source: crm\nstraems: {}\nstreams: { Contact: }\n',
      ...withPeople('tags', 'after: [crm]\ntags'),
    })
    expect(found.map(brief)).toEqual([`MR-1203 ${c}:2:1 straems`])
  })
})

describe('what may not come in', () => {
  it('refuses a file of more than a megabyte', async () => {
    const found = await findingsOf({ [c]: `source: crm\n# ${'x'.repeat(1_000_001)}\n` })
    expect(found.map(({ code }) => code)).toContain('MR-1102')
  })

  it('refuses anchors that explode, at once', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
    ].join('\n')
    const begin = performance.now()
    expect((await findingsOf({ [c]: bomb })).map(({ code }) => code)).toContain('MR-1102')
    expect(performance.now() - begin).toBeLessThan(10_000)
  })

  it.each([
    ['open brackets', '['.repeat(900_000)],
    ['braces in braces', 'x: ' + '{a: '.repeat(5000)],
    ['dashes', '- '.repeat(400_000)],
    ['indentation', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses %s beyond measure, at once', async (_, text) => {
    const begin = performance.now()
    expect((await findingsOf({ [c]: text })).map(({ code }) => code)).toContain('MR-1102')
    expect(performance.now() - begin).toBeLessThan(10_000)
  })

  it('takes a megabyte of keys without quadratic time', async () => {
    const cost = async (keys: number) => {
      const text = `source: crm\nstreams:\n${Array.from({ length: keys }, (_, index) => `  S${index}: {}`).join('\n')}\n  Contact:\n`
      const begin = process.cpuUsage()
      expect((await findingsOf({ [c]: text })).map(brief)).toEqual([])
      const { user, system } = process.cpuUsage(begin)
      return user + system
    }
    await cost(1_000)
    // Four times as many: quadratic, it would take sixteen times as long. Of the processor's time, so that others do not count.
    expect((await cost(60_000)) / (await cost(15_000))).toBeLessThan(10)
  })

  it('does not let a key reach the prototype', async () => {
    expect(
      (await findingsOf({ [c]: 'source: crm\n__proto__: { tags: [x] }\nstreams: { Contact: }\n' })).map(brief),
    ).toEqual([`MR-1203 ${c}:2:1 __proto__`])
    expect((await findingsOf({ [c]: 'source: constructor\nstreams: { Contact: }\n' })).map(brief)).toEqual([
      `MR-1204 ${c}:1:9 constructor`,
    ])
  })

  it('does not read through a link out of the project', async () => {
    const other = await tempProject({ 'secret.yaml': 'source: crm\n' })
    const root = await tempProject()
    await symlink(join(other, 'secret.yaml'), join(root, 'syncs/linked.yaml'))
    const found = await caughtFrom(() => loadProject(root))
    expect(found.map(({ code }) => code)).toEqual(['MR-1206'])
  })

  it('does not put the warehouse behind a link out of the project', async () => {
    const other = await tempProject()
    const root = await tempProject(
      withMillrace('sandbox: true', 'sandbox: true, warehouse: { type: duckdb, path: data/x.duckdb }'),
    )
    await symlink(other, join(root, 'data'))
    expect((await caughtFrom(() => loadProject(root))).map(({ code }) => code)).toEqual(['MR-1206'])
  })

  it('refuses a file that is not UTF-8', async () => {
    const root = await tempProject()
    await writeFile(join(root, c), Buffer.from([0x73, 0xff, 0xfe]))
    expect((await caughtFrom(() => loadProject(root))).map(({ code }) => code)).toContain('MR-1101')
  })

  it('works without syncs, models and schedules', async () => {
    const files = { [c]: absent, [p]: absent, 'models/people.sql': absent }
    expect(await findingsOf(files)).toEqual([])
  })
})

it('keeps the sample project’s files in step with their schemas’ modelines', async () => {
  expect(await readFile(join(repository, 'syncs/stripe.yaml'), 'utf8')).toMatch(
    /^# yaml-language-server: \$schema=\.\.\/schema\/sync\.json$/m,
  )
})

describe('a file that cannot be read is a finding, with a way on', () => {
  const cases: readonly (readonly [string, (root: string) => Promise<unknown>, string, string])[] = [
    [
      'a link that leads nowhere',
      (root) => symlink('nowhere.yaml', join(root, 'syncs/lost.yaml')),
      'syncs/lost.yaml, which is a link, cannot be read: no such file or directory',
      'Mend the link, or remove it.',
    ],
    [
      'schedules that are a link to nowhere',
      (root) => symlink('nowhere.yaml', join(root, 'schedules.yaml')),
      'schedules.yaml, which is a link, cannot be read: no such file or directory',
      'Mend the link, or remove it.',
    ],
    [
      'a link that leads to itself',
      (root) => symlink('circle.yaml', join(root, 'syncs/circle.yaml')),
      'syncs/circle.yaml, which is a link, cannot be read: too many symbolic links encountered',
      'Mend the link, or remove it.',
    ],
    [
      'a folder named schedules.yaml',
      (root) => mkdir(join(root, 'schedules.yaml')),
      'schedules.yaml is a folder, and has the name of a file of the project',
      'Rename it, or move it elsewhere.',
    ],
    [
      'a folder named like a sync',
      (root) => mkdir(join(root, 'syncs/x.yaml')),
      'syncs/x.yaml is a folder, and has the name of a file of the project',
      'Rename it, or move it elsewhere.',
    ],
    [
      'a folder named millrace.yaml',
      async (root) => {
        await rm(join(root, 'millrace.yaml'))
        await mkdir(join(root, 'millrace.yaml'))
      },
      'millrace.yaml is a folder, and has the name of a file of the project',
      'Rename it, or move it elsewhere.',
    ],
    [
      'a file named models',
      async (root) => {
        await rm(join(root, 'models'), { recursive: true })
        await writeFile(join(root, 'models'), 'a note')
      },
      'models is a file, and has the name of a folder of the project',
      'Rename it, or move it elsewhere.',
    ],
    [
      'a file without the right to read it',
      (root) => chmod(join(root, 'syncs/crm.yaml'), 0),
      'syncs/crm.yaml cannot be read: permission denied',
      'See who may read it:  ls -l syncs/crm.yaml',
    ],
    [
      'a folder without the right to read it',
      (root) => chmod(join(root, 'models'), 0),
      'models cannot be read: permission denied',
      'See who may read it:  ls -l models',
    ],
  ]
  it.each(cases)('%s', async (_, spoil, message, next) => {
    const root = await tempProject()
    await chmod(root, 0o755)
    await spoil(root)
    const findings = await asNobody(() => caughtFrom(() => loadProject(root)))
    await chmod(join(root, 'models'), 0o755)
    expect(findings.filter(({ code }) => code === 'MR-1101')).toEqual([
      expect.objectContaining({ message, next: [next] }),
    ])
  })
})
