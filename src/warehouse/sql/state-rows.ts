/** The state of a sync as rows of text, out of the warehouse and back into it. */
import { countIn } from './count-in.ts'
import type { Engine } from './engine.ts'
import type { Asked } from '../../model/cursor.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { StateReplacement, StateRow, StateTable, StateTableName } from '../state-upkeep.ts'
import { dropGenerations } from './generation-table.ts'
import { keepKnownTables, readKnownTables } from './known-tables.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { endFences, lockSeededRow } from './take-fences.ts'
import { ensureTable } from './tables.ts'

export async function hasState(db: Engine, sync: string): Promise<boolean> {
  if (await db.introspect(stateSchema, snapshotTable(sync))) return true
  for (const name of ['snapshots', 'intents', 'rejects', 'cursors'] as const) {
    // What is only known of a table, behind a trial or a reset, no run goes on from.
    const isGoneOn = name === 'cursors' ? ' AND (watermark IS NOT NULL OR scan IS NOT NULL)' : ''
    if ((await countIn(db, `_millrace.${name} WHERE sync = ${db.text(sync)}${isGoneOn}`)) > 0) return true
  }
  return false
}

export async function stateTablesOfSync(db: Engine, sync: string): Promise<readonly StateTable[]> {
  const found: StateTable[] = []
  for (const name of tableNames) {
    const table = await db.introspect(stateSchema, storedName(sync, name))
    if (table) found.push({ name, columns: table.columns.filter((column) => column.name !== 'sync') })
  }
  return found
}

export async function* stateRows(db: Engine, sync: string, table: StateTable): AsyncIterable<readonly StateRow[]> {
  const rest = `FROM ${db.relation(stateSchema, storedName(sync, table.name))} ${ofSync(db, sync, table.name)}`
  const cells = table.columns.map(({ name, type }) => ({ sql: db.quote(name), type }))
  for await (const rows of db.streamLists({ cells: [], lists: [['row', 'true', cells]], rest }))
    yield rows.map(({ lists }) => lists['row'] ?? [])
}

/** All or nothing: a row that does not fit, or one too few, and everything is as it was. */
export async function replaceState(db: Engine, replacement: StateReplacement): Promise<void> {
  const { sync, path, kind, tables } = replacement
  await db.loadLists('_lines', path)
  await checkCounts(db, replacement)
  // What it adds to the snapshot's table is additive, and on Snowflake no part of a transaction.
  for (const table of tables) await prepareTable(db, sync, table)
  await db.transaction(async () => {
    await lockSeededRow(db)
    await endFences(db, sync, 'import')
    await dropGenerations(db, sync)
    const cursors = `sync = ${db.text(sync)}`
    const known = kind === 'etl' ? await readKnownTables(db, sync, cursors) : new Map<string, Asked>()
    for (const { name } of await stateTablesOfSync(db, sync))
      if (!addsBy(replacement, name))
        await db.run(`DELETE FROM ${db.relation(stateSchema, storedName(sync, name))} ${ofSync(db, sync, name)}`)
    for (const table of tables) await insertRows(db, { replacement, table })
    if (known.size > 0) await keepKnownTables(db, known, { sync, by: 'import' })
  })
}

/**
 * What tells of rows as they stand, and not of what they are compared with, a file adds to only: what a source refused, which is missing in its
 * tables and behind its cursors, and what was sent and not answered. By these columns a row is known.
 */
function addsBy({ kind, keepsIntents = false }: StateReplacement, name: StateTableName): readonly string[] | null {
  if (kind === 'etl') return name === 'rejects' ? ['stream', 'key'] : null
  return name === 'intents' && keepsIntents ? ['key'] : null
}

async function checkCounts(db: Engine, { path, tables, rows }: StateReplacement): Promise<void> {
  const name = db.item('line', 0)
  const counted = await db.rows(`SELECT ${name} AS name, count(*) AS n FROM _lines GROUP BY ${name}`)
  for (const table of tables) {
    const [said, read] = [rows[table.name] ?? 0, Number(counted.find((row) => row['name'] === table.name)?.['n'] ?? 0)]
    if (read !== said)
      throw new MillraceError('MR-1004', {
        message: `${path}: it says ${said} rows of ${table.name}, and ${read} were read.`,
        kept: 'The state is as it was.',
      })
  }
}

/** The snapshot's table has the columns that its rows need; those of the others are the same for every sync. */
async function prepareTable(db: Engine, sync: string, { name, columns }: StateTable): Promise<void> {
  const target = { schema: stateSchema, name: storedName(sync, name), columns }
  if (name === 'snapshot') await ensureTable(db, target, 'evolve')
  const stored = await db.introspect(stateSchema, target.name)
  const unknown = columns.filter((column) => !stored?.columns.some((other) => other.name === column.name))
  if (unknown.length === 0) return
  throw new MillraceError('MR-1004', {
    message: `The rows of ${name} have columns that this millrace does not know: ${unknown.map((column) => column.name).join(', ')}.`,
    kept: 'The state is as it was.',
    next: 'A newer millrace has written the file: update this one.',
  })
}

async function insertRows(
  db: Engine,
  { replacement, table }: { readonly replacement: StateReplacement; readonly table: StateTable },
): Promise<void> {
  const { sync, path } = replacement
  const target = db.relation(stateSchema, storedName(sync, table.name))
  const columns = [...(table.name === 'snapshot' ? [] : ['sync']), ...table.columns.map((column) => column.name)]
  const cells = [
    ...(table.name === 'snapshot' ? [] : [db.text(sync)]),
    ...table.columns.map(({ type }, index) => db.fromText(db.item('line', index + 1), type)),
  ]
  const item = (name: string) => db.item('line', table.columns.findIndex((column) => column.name === name) + 1)
  const isSame = addsBy(replacement, table.name)?.map((name) => ` AND k.${name} = ${item(name)}`)
  const isNew = isSame
    ? ` AND NOT EXISTS (SELECT 1 FROM ${target} k WHERE k.sync = ${db.text(sync)}${isSame.join('')})`
    : ''
  try {
    await db.run(
      `INSERT INTO ${target} (${db.names(columns)}) SELECT ${cells.join(', ')} ` +
        `FROM _lines WHERE ${db.item('line', 0)} = ${db.text(table.name)}${isNew}`,
    )
  } catch (error) {
    throw new MillraceError('MR-1004', {
      message: `${path}: a row of ${table.name} does not fit: ${error instanceof Error ? error.message : String(error)}`,
      kept: 'The state is as it was.',
      cause: error,
    })
  }
}

const storedName = (sync: string, name: StateTableName) => (name === 'snapshot' ? snapshotTable(sync) : name)

const ofSync = (db: Engine, sync: string, name: StateTableName): string =>
  name === 'snapshot' ? '' : `WHERE sync = ${db.text(sync)}`

const tableNames = ['snapshots', 'snapshot', 'intents', 'rejects', 'cursors'] as const
