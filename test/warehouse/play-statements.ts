/** One of everything that a warehouse is asked to do, in titled parts: what its statements are recorded of. */
import { writeFileSync } from 'node:fs'
import type { Session } from '../../src/warehouse/port.ts'
import { answer, fenceOf, openReverse, refused } from './reverse.ts'
import { at, collect, scope, tableOf, unseen, type Columns, type Row, type Workbench } from './workbench.ts'

export async function playStatements(bench: Workbench, title: (part: string) => void): Promise<void> {
  const row = (id: number, version: number, more: { readonly [name: string]: string | number | null } = {}): Row => ({
    id,
    name: `n${id}`,
    payload: '{"a":1}',
    raw: 'AAE=',
    paid: '1.50',
    born: '2000-01-02',
    seen: at(1),
    score: 0.5,
    vip: true,
    ...more,
    _version: version,
    _read_at: version,
  })
  const load = (more: Parameters<Workbench['load']>[0]) => bench.load({ columns: everyType, ...more })
  const inSession = (work: (session: Session) => Promise<unknown>) => bench.session(work)

  title('a first load: the tables of millrace, the stream’s table, its rows')
  await load({ rows: [row(1, 1), row(2, 1)], cursor: { watermark: at(1), scan: null } })
  title('a merge: rows that are new, changed, stale and the same, in two chunks, with tombstones and rejects')
  await load({
    rows: [row(2, 2, { name: 'other' }), row(3, 2)],
    more: [[row(3, 3), row(4, 3)]],
    tombstones: [{ id: 1, _version: 4, _read_at: 4, _deleted_at: 4 }],
    rejects: [{ key: '9', code: 'MR-5001' }],
    touchUnchanged: true,
  })
  title('a wider column, a new column')
  await load({
    table: 'widened',
    columns: { id: 'integer', n: 'integer' },
    rows: [{ id: 1, n: 1, _version: 1, _read_at: 1 }],
  })
  await load({
    table: 'widened',
    columns: { id: 'integer', n: 'string', added: 'json' },
    rows: [{ id: 2, n: 'x', added: '[]', _version: 1, _read_at: 1 }],
  })
  title('one column of rows that stand')
  await load({ rows: [row(2, 2)], onlyStanding: true, touchUnchanged: true })
  title('the same, of a vendor that keeps no stamp')
  await load({ rows: [row(2, 5)], onlyStanding: true, unstamped: true })
  title('the end of a full pass: what it did not see goes')
  await load({ rows: [row(2, 6)], sweep: unseen(6, { fraction: 1 }), touchUnchanged: true })
  title('children: those that their parent has no longer go')
  await load({
    table: 'lines',
    columns: { id: 'integer', parent: 'string' },
    rows: [{ id: 1, parent: 'p', _version: 1, _read_at: 1 }],
    sweep: { kind: 'children', parentColumn: 'parent', parents: [{ parent: 'p', readAt: at(2) }], readBefore: at(2) },
  })
  title('rows without a key')
  await load({ table: 'events', columns: { name: 'string' }, key: [], rows: [{ name: 'x', _version: 1, _read_at: 1 }] })
  title('a generation: one part, and the one that takes the place')
  const part = {
    table: 'refreshed',
    columns: { id: 'integer', name: 'string' } as Columns,
    mode: 'generation',
    scanId: 's1',
  } as const
  await load({ ...part, rows: [{ id: 1, name: 'a', _version: 1, _read_at: 1 }] })
  await load({ ...part, rows: [{ id: 2, name: 'b', _version: 1, _read_at: 1 }], isLast: true })
  title('intervals: begun, ended, deleted')
  const intervals = {
    table: 'tiers',
    columns: { id: 'integer', tier: 'string' } as Columns,
    mode: 'scd2',
    touchUnchanged: true,
  } as const
  await load({ ...intervals, rows: [{ id: 1, tier: 'a', _version: 1, _read_at: 1 }] })
  await load({
    ...intervals,
    rows: [{ id: 1, tier: 'b', _version: 2, _read_at: 2 }],
    tombstones: [{ id: 2, _version: 2, _read_at: 2, _deleted_at: 2 }],
  })
  title('report days that were read whole')
  const report = { table: 'insights', columns: insights, key: ['day', 'account', 'ad'], touchUnchanged: true } as const
  const spend = (ad: string, amount: string, read: number): Row => ({
    day: '2026-11-01',
    account: 7,
    ad,
    spend: amount,
    _version: read,
    _read_at: read,
  })
  await load({ ...report, rows: [spend('a', '1.00', 1), spend('b', '2.00', 1)] })
  await load({
    ...report,
    rows: [spend('a', '1.10', 10)],
    windows: [{ column: 'day', from: '2026-11-01', to: '2026-11-02', of: { account: '7' }, readBefore: at(10) }],
  })
  title('are rows held by another version?')
  await inSession(async ({ etl }) => {
    await etl.holdsOtherVersions({ table: tableOf('people', everyType), column: 'seen' })
  })
  title('a full pass that has not read of everybody: what it did not see goes; are there rows beside?')
  const of = { field: 'id', column: 'id', values: ['1', '2'] }
  const sweep = { ...unseen(6, { fraction: 1 }), of }
  await load({ rows: [], touchUnchanged: true, sweep })
  await inSession(async ({ etl }) => {
    await etl.holdsRowsBeside({ table: tableOf('people', everyType), of })
  })
  title('cursors, fences, commits, runs and rejects are read')
  await inSession(async ({ state }) => {
    await state.readCursors('crm')
    await state.readFence(scope)
    await state.hasCommit('run-1', 'people', 1)
    await state.writeRun(run)
    await state.readRuns({ sync: 'crm', limit: 5, loads: true })
    await state.readRejects({ sync: 'crm', limit: 5 })
    await state.countOpenRejects('crm')
  })
  title('views: a model, a field history, whole records, amounts')
  await views(bench)
  title('a delivery: diff, candidates, intents, answers')
  await delivery(bench, title)
  title('state by hand: out, in, moved, a person erased, pruned, reset')
  await upkeep(bench)
  title('children of parents that come flagged as deleted')
  const inside = {
    stream: 'lines',
    table: 'lines',
    columns: { id: 'integer', parent: 'integer' } as Columns,
    sweep: { kind: 'children', parentColumn: 'parent', parents: [], readBefore: null, flags: { isHashed: false } },
  } as const
  const flagged = [{ id: 1, _version: 3, _read_at: 3, _deleted_at: 3 }]
  await bench.loadWith(
    { table: 'invoices', columns: { id: 'integer' }, rows: flagged },
    { ...inside, table: 'invoice_lines', rows: [{ id: 1, parent: 1, _version: 3, _read_at: 3 }] },
  )
}

async function views(bench: Workbench): Promise<void> {
  const seen = { _version: 1, _read_at: 1 }
  await bench.load({
    table: 'account',
    columns: { id: 'string', name: 'string', seats: 'integer', created_date: 'timestamp' },
    rows: [{ id: 'A', name: 'Acme', seats: 40, created_date: at(1), ...seen }],
  })
  const history: Columns = {
    id: 'string',
    account_id: 'string',
    field: 'string',
    old: 'string',
    new: 'string',
    at: 'timestamp',
    by: 'string',
  }
  await bench.load({
    table: 'account_history',
    columns: history,
    rows: [{ id: 'h', account_id: 'A', field: 'Name', old: 'Ac', new: 'Acme', at: at(2), by: 'U', ...seen }],
  })
  await bench.load({
    table: 'charges',
    columns: { id: 'integer', currency: 'string', amount: 'integer', share: 'decimal(38,12)' },
    rows: [{ id: 1, currency: 'usd', amount: 150, share: '1.5', ...seen }],
  })
  await bench.session(async (session) => {
    await session.ensureView(
      'models',
      'people',
      `SELECT id, name FROM ${bench.warehouse.quote('crm')}.${bench.warehouse.quote('people')}`,
    )
    await session.ensureFieldHistory({
      schema: 'crm',
      name: 'account_field_history',
      history: {
        table: 'account_history',
        key: 'id',
        record: 'account_id',
        field: 'field',
        from: 'old',
        to: 'new',
        at: 'at',
        by: 'by',
        kind: null,
      },
      parent: { table: 'account', key: 'id', createdAt: 'created_date' },
      who: null,
      tracked: { Name: 'name', Seats: 'seats' },
    })
    await session.ensureRecordHistory({
      schema: 'crm',
      name: 'account_history_scd2',
      fieldHistory: 'account_field_history',
      keyKind: null,
      columns: [{ name: 'name', fields: ['Name'] }],
    })
    const table = await session.introspect('crm', 'charges')
    await session.ensureDecimals({
      schema: 'crm',
      name: 'charges_decimal',
      table: 'charges',
      columns: table?.columns ?? [],
      currency: 'currency',
      amounts: ['amount', 'share'].map((column) => ({ column, as: `${column}_decimal` })),
    })
  })
}

async function delivery(bench: Workbench, title: (part: string) => void): Promise<void> {
  const { quote } = bench.warehouse
  const people = `SELECT id, name, vip FROM ${quote('crm')}.${quote('people')}`
  const model = bench.warehouse.joinLookups(people, [
    {
      query: `SELECT id, tier FROM ${quote('crm')}.${quote('tiers')}`,
      by: [{ ours: { name: 'id', type: 'integer' }, theirs: { name: 'id', type: 'integer' } }],
      column: 'tier',
      value: 'tier',
      matches: 'tier_matches',
    },
  ])
  const reverse = await openReverse(bench, {
    model,
    key: ['id'],
    normalise: 'lower',
    optOuts: ['vip'],
    optIns: ['vip'],
    record: [
      { column: 'id', normalise: 'lower' },
      { column: 'name', normalise: 'exact' },
    ],
    otherNames: [[{ column: 'name', normalise: 'lower' }]],
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'string' },
      { name: 'vip', type: 'boolean' },
    ],
  })
  await reverse.diff()
  await reverse.intend([
    { key: '2', op: 'upsert' },
    { key: '3', op: 'upsert' },
  ])
  await bench.session(async ({ reverse: session }) => {
    await session.reopenIntents({
      fence: fenceOf('run-1'),
      account: 'acct',
      keys: [{ key: '4', op: 'upsert' }],
      takenBack: true,
    })
    await session.countIntents('out')
    await session.readReceipts('out')
    await session.readMeta('out')
    await session.reopenIntents({ fence: fenceOf('late', 'out', 0), keys: [{ key: '2', op: 'upsert' }] })
  })
  await reverse.takeIntentsOver()
  await reverse.acknowledge([
    answer('2', { values: ['2', 'n2', 'true'], fields: '{}', sent_at: at(1) }),
    answer('4', { status: 'ignored', state: 'ignored' }),
    refused('3', { fields: '{}' }),
  ])
  await reverse.diff({ retriesOnly: true })
  title('the diff of a changed mapping, where rows left whose records others may mean')
  await reverse.diff({
    model: `SELECT * FROM (${model}) q WHERE id <> 2`,
    record: [{ column: 'name', normalise: 'trim' }],
    mappingVersion: 'm2',
    readVersion: () => ({ isSame: false, newOptOuts: ['vip'] }),
    removesIgnored: true,
  })
}

async function upkeep(bench: Workbench): Promise<void> {
  await bench.session(async ({ upkeep: by, state, reverse }) => {
    const tables = await by.tables('out')
    const path = bench.path('state.ndjson')
    const lines: string[] = []
    const rows: { [name: string]: number } = {}
    for (const table of tables)
      for (const cells of await collect(by.rows('out', table))) {
        lines.push(`${JSON.stringify([table.name, ...cells])}\n`)
        rows[table.name] = (rows[table.name] ?? 0) + 1
      }
    writeFileSync(path, lines.join(''))
    await by.replace({ sync: 'other', kind: 'reverse_etl', path, tables, rows })
    await by.replace({ sync: 'load', kind: 'etl', path, tables: tables.filter(({ name }) => name === 'rejects'), rows })
    await by.move({
      from: 'other',
      to: 'third',
      destination: { account: 'a', connection: 'c', object: 'o', options: '{}' },
    })
    await by.findKey({ keys: ['2'] })
    await by.eraseKey({ sync: 'third', key: '2', keepHash: true })
    await by.modelHasKey({ model: 'SELECT 1 AS id', columns: ['id'], key: '1' })
    await by.pruneChanges({ sync: 'out', recordedBefore: at(1), limit: 100 })
    await reverse.emptySnapshot(await state.takeFence({ sync: 'out', stream: 'person', partition: '' }, 'run-2'))
    await state.reset('out', null)
  })
}

const everyType: Columns = {
  id: 'integer',
  name: 'string',
  payload: 'json',
  raw: 'binary',
  paid: 'decimal(38,2)',
  born: 'date',
  seen: 'timestamp',
  score: 'double',
  vip: 'boolean',
}
const insights: Columns = { day: 'date', account: 'integer', ad: 'string', spend: 'decimal(38,2)' }

const run = {
  run_id: 'run-1',
  sync: 'crm',
  kind: 'etl',
  status: 'ok',
  slot: null,
  trigger: 'cli',
  ledger: null,
  streams: {},
  requests: 1,
  seconds: 1.5,
  started_at: at(1),
  finished_at: at(2),
  commit: null,
  target: 'dev',
} as const
