/** `sync plan` and `sync preview` leave no trace, and say what the run then does; a target may have to be told to deliver. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { previewSync } from '../../src/app/preview-sync.ts'
import { defaultRunOptions, type RunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { ReverseSync } from '../../src/config/project.ts'
import { openDatabase } from '../../src/duckdb/open-database.ts'
import type { Fields } from '../../src/model/change.ts'
import { renderPlan } from '../../src/render/plan-text.ts'
import { makeProjectFolder } from '../app/project-folder.ts'

const project = makeProjectFolder()
const { path: file, write } = project

beforeAll(async () => {
  write(
    'millrace.yaml',
    `project: plans
default_target: dev
targets:
  dev: { deliver: true, warehouse: { type: duckdb, path: dev.duckdb } }
  laptop: { warehouse: { type: duckdb, path: laptop.duckdb } }
connections:
  toy: { connector: toy, journal: ${file('sent.ndjson')} }
`,
  )
  write('models/people.sql', 'select * from raw.people\n')
  write(
    'syncs/people.yaml',
    `model: people
primary_key: id
destination: toy
object: person
match: id
map:
  id: id
  email: email
  plan: plan
  unsubscribed: { opt_out: opted_out, allow_opt_in: false }
on_removed: { set: { plan: gone } }
limits: { max_changed: 100%, max_removed: 50% }
`,
  )
  write('connectors/toy/index.ts', toyConnector)
  await sql(
    'CREATE SCHEMA raw',
    'CREATE TABLE raw.people (id VARCHAR, email VARCHAR, plan VARCHAR, opted_out BOOLEAN)',
    `INSERT INTO raw.people SELECT 'p' || i, 'p' || i || '@x', 'free', i = 1 FROM range(1, 10) t(i)`,
  )
})

afterAll(() => project.remove())

describe('plan, preview and run', () => {
  it('refuse an option that the object does not know, before anything is intended', async () => {
    await withApp('dev', async (app, sync) => {
      const before = await everything()
      const odd: ReverseSync = { ...sync, options: { audience: '7' } }
      const refused = { code: 'MR-1209', message: expect.stringContaining('person takes no options, so audience') }
      await expect(planSyncs(app, [odd], { offline: false })).rejects.toMatchObject(refused)
      await expect(previewSync(app, odd, { limit: 1 })).rejects.toMatchObject(refused)
      expect(await run(app, odd, { firstRun: true })).toMatchObject({ errors: [refused] })
      expect(await everything()).toEqual(before)
      expect(sent()).toEqual([])
    })
  })

  it('refuse and allow the same first delivery', async () => {
    await withApp('dev', async (app, sync) => {
      const before = await everything()
      const [plan] = await planSyncs(app, [sync], { offline: false })
      expect(plan).toMatchObject({
        model_rows: 9,
        accepted_before: 0,
        added: 9,
        opt_outs_first: 1,
        requests_estimate: 3,
        may_deliver: true,
        schema_changes: ['the snapshot of people would be made'],
        stops: { code: 'MR-4003', message: expect.stringContaining('has never delivered') },
      })
      expect(await everything()).toEqual(before)
      expect(await run(app, sync)).toMatchObject({ run: { status: 'stopped', error: { code: 'MR-4003' } } })
      expect(await run(app, sync, { firstRun: true })).toMatchObject({
        run: { status: 'ok', ledger: { delivered: 9 } },
      })
      expect(sent()).toHaveLength(9)
      expect(sent()[0]).toEqual({ id: 'p1', email: 'p1@x', plan: 'free', unsubscribed: true })
    })
  })

  it('agree on what has changed since, field by field, and only the run leaves a trace', async () => {
    await sql(
      `UPDATE raw.people SET plan = 'pro' WHERE id IN ('p2', 'p3')`,
      `UPDATE raw.people SET opted_out = true WHERE id = 'p3'`,
      `UPDATE raw.people SET opted_out = false, email = 'new@x' WHERE id = 'p1'`,
      `DELETE FROM raw.people WHERE id = 'p4'`,
      `INSERT INTO raw.people VALUES ('p10', NULL, 'pro', NULL)`,
    )
    await withApp('dev', async (app, sync) => {
      const before = await everything()
      const [plan] = await planSyncs(app, [sync], { offline: false })
      const preview = await previewSync(app, sync, { limit: 100 })
      expect(await everything()).toEqual(before)
      expect(plan).toMatchObject({
        model_rows: 9,
        accepted_before: 9,
        added: 1,
        changed: 3,
        removed: 1,
        unchanged: 5,
        opt_outs_first: 1,
        withheld: 1,
        schema_changes: [],
        samples: [
          {
            key: 'p3',
            op: 'upsert',
            difference: 'changed',
            fields: [
              { field: 'plan', from: 'free', to: 'pro' },
              { field: 'unsubscribed', from: false, to: true },
            ],
          },
          { key: 'p1', difference: 'changed', fields: [{ field: 'email', from: 'p1@x', to: 'new@x' }] },
          {
            key: 'p10',
            difference: 'added',
            fields: [
              { field: 'id', to: 'p10' },
              { field: 'email', to: null },
              { field: 'plan', to: 'pro' },
            ],
          },
          { key: 'p2', difference: 'changed', fields: [{ field: 'plan', from: 'free', to: 'pro' }] },
          { key: 'p4', op: 'set', difference: 'removed', fields: [{ field: 'plan', from: 'free', to: 'gone' }] },
        ],
      })
      // What an insert has made it leaves as it is: of these rows nothing would be shown.
      const [inserting] = await planSyncs(app, [{ ...sync, mode: 'insert' }], { offline: false })
      expect(inserting).toMatchObject({ added: 1, changed: 8, coalesced: 5, ignored: 3, samples: [{}, {}] })
      expect(inserting && renderPlan(inserting, { color: false })).not.toContain('more:')
      const already = sent().length
      const { run: ran } = await run(app, sync)
      expect(ran).toMatchObject({
        status: 'ok',
        ledger: { added: 1, changed: 3, removed: 1, unchanged: 5, delivered: 5, withheld: 1 },
      })
      expect(sent().slice(already)).toEqual(preview.flatMap(({ body }) => body))
      expect(await planSyncs(app, [sync], { offline: false })).toMatchObject([
        { unchanged: 9, samples: [], requests_estimate: 0 },
      ])
    })
  })

  it('agree on a guard, and on the flag that allows it', async () => {
    await sql(`DELETE FROM raw.people WHERE id > 'p2'`)
    await withApp('dev', async (app, sync) => {
      const [plan] = await planSyncs(app, [sync], { offline: false })
      expect(plan).toMatchObject({
        guards: expect.arrayContaining([
          expect.objectContaining({ name: 'max_removed', ok: false, override: '--max-removed 67%' }),
        ]),
      })
      const { run: ran, errors } = await run(app, sync)
      expect(ran).toMatchObject({ status: 'stopped', error: { code: 'MR-4103' } })
      expect(errors[0]?.next.at(-1)).toContain('--max-removed 67%')
      expect(await run(app, sync, { limits: { maxRemoved: { fraction: 0.67 } } })).toMatchObject({
        run: { status: 'ok', ledger: { removed: 6 } },
      })
    })
  })
})

describe('a key that stands twice', () => {
  it('stops a run, and the plan says so', async () => {
    await sql(`INSERT INTO raw.people VALUES ('p1', 'twice@x', 'free', false)`)
    await withApp('dev', async (app, sync) => {
      const stops = { code: 'MR-4106', message: expect.stringContaining('stands more than once (p1)') }
      expect(await planSyncs(app, [sync], { offline: false })).toMatchObject([{ invalid: 2, stops }])
      expect(await run(app, sync)).toMatchObject({ run: { status: 'stopped', error: stops } })
    })
    await sql(`DELETE FROM raw.people WHERE email = 'twice@x'`)
    await withApp('dev', async (app, sync) => {
      expect(await planSyncs(app, [sync], { offline: false })).toMatchObject([{ invalid: 0, stops: null }])
    })
  })
})

describe('a value that cannot be sent', () => {
  it('is counted by the plan as by the run', async () => {
    const yaml = readFileSync(file('syncs/people.yaml'), 'utf8')
    write('syncs/people.yaml', yaml.replace('  plan: plan\n', '  plan: { column: plan, values: { pro: P } }\n'))
    await sql(`INSERT INTO raw.people VALUES ('q1', 'q@x', 'pro', false), ('q2', 'q@x', 'odd', false)`)
    await withApp('dev', async (app, sync) => {
      const [plan] = await planSyncs(app, [sync], { offline: false })
      const { run: ran } = await run(app, sync)
      expect(ran.status).toBe('partial')
      const rejected = Number(ran.ledger && 'delivered' in ran.ledger && ran.ledger.rejected)
      expect(rejected).toBeGreaterThan(0)
      expect(plan).toMatchObject({ rejected })
    })
    write('syncs/people.yaml', yaml)
  })
})

describe('a target that may not deliver', () => {
  it('plans, and does not run', async () => {
    await sql(`UPDATE raw.people SET plan = 'team'`)
    cpSync(file('dev.duckdb'), file('laptop.duckdb'))
    await withApp('laptop', async (app, sync) => {
      const before = await everything('laptop')
      expect(await planSyncs(app, [sync], { offline: false })).toMatchObject([{ changed: 3, may_deliver: false }])
      const already = sent().length
      const { run: ran, errors } = await run(app, sync, { firstRun: true })
      expect(ran).toMatchObject({ status: 'not_run', error: { code: 'MR-4002' } })
      expect(errors[0]?.exitCode).toBe(4)
      expect(sent()).toHaveLength(already)
      expect(await everything('laptop')).toEqual(before)
    })
  })
})

describe('a lost warehouse', () => {
  it('is noticed by what the control store remembers', async () => {
    rmSync(file('dev.duckdb'))
    await sql(
      'CREATE SCHEMA raw',
      `CREATE TABLE raw.people AS SELECT 'p1' AS id, 'p1@x' AS email, 'free' AS plan, true AS opted_out`,
    )
    await withApp('dev', async (app, sync) => {
      const already = sent().length
      expect(await run(app, sync)).toMatchObject({ run: { status: 'stopped', error: { code: 'MR-4005' } } })
      expect(sent()).toHaveLength(already)
    })
  })
})

async function withApp(target: string, work: (app: App, sync: ReverseSync) => Promise<void>): Promise<void> {
  await project.inApp(
    async (app) => {
      const sync = app.project.syncs.find(({ name }) => name === 'people')
      if (sync?.kind === 'reverse_etl') await work(app, sync)
      else expect.unreachable('the project has this sync')
    },
    { target },
  )
}

const run = (app: App, sync: ReverseSync, options: Partial<RunOptions> = {}) =>
  runSync(app, sync, { ...defaultRunOptions, ...options })

/** What the vendor was sent, oldest first. */
const sent = (): readonly Fields[] =>
  existsSync(file('sent.ndjson'))
    ? readFileSync(file('sent.ndjson'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Fields) // what toyConnector wrote
    : []

async function sql(...statements: readonly string[]): Promise<void> {
  const target = 'dev'
  const db = await openDatabase({
    path: file(`${target}.duckdb`),
    memoryLimit: '500MB',
    spillDirectory: tmpdir(),
    threads: 1,
  })
  try {
    for (const statement of statements) await db.run(statement)
  } finally {
    db.close()
  }
}

/** All tables and views with all their rows, and what lies in the spool. */
async function everything(target = 'dev'): Promise<unknown> {
  const db = await openDatabase({
    path: file(`${target}.duckdb`),
    memoryLimit: '500MB',
    spillDirectory: tmpdir(),
    threads: 1,
  })
  try {
    const names = await db.rows(
      `SELECT '"' || schema_name || '"."' || table_name || '"' AS name, sql FROM duckdb_tables() UNION ALL SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY 1`,
    )
    const found: unknown[] = [names]
    for (const { name } of names.filter((row) => row['name']?.startsWith('"')))
      found.push(await db.rows(`SELECT * FROM ${name} ORDER BY ALL`))
    const spool = file('.millrace/spool')
    return [
      found,
      existsSync(spool)
        ? readdirSync(spool, { recursive: true, encoding: 'utf8' })
            .filter((name) => !name.includes('_vendor'))
            .toSorted()
        : [],
    ]
  } finally {
    db.close()
  }
}

/** Writes down what it is sent. */
const toyConnector = `
import { appendFileSync } from 'node:fs'
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

const person = (journal) => ({
  name: 'person',
  docs: 'https://toy.example/docs',
  delivery: 'idempotent',
  match: { id: { normalise: 'exact' } },
  fields: { id: 'string', email: 'string', plan: 'string', unsubscribed: { type: 'boolean', optOut: true } },
  operations: ['upsert', 'insert', 'set'],
  batch: { rows: 3, bytes: 10000 },
  write: async (changes) =>
    changes.map(({ fields }) => {
      appendFileSync(journal, JSON.stringify(fields) + '\\n')
      return { outcome: 'ok' }
    }),
  preview: (changes) => [{ method: 'POST', path: '/', body: changes.map(({ fields }) => fields), docs: 'https://toy.example/docs' }],
})

export default connector({
  name: 'toy',
  config: z.strictObject({ journal: z.string() }),
  objectNames: ['person'],
  open: async ({ config }) => ({
    check: async () => undefined,
    account: async () => 'toy-1',
    objects: async () => [person(config.journal)],
  }),
})
`
