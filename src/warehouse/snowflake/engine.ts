/** A Snowflake session as the shared SQL sees it. */
import { MillraceError } from '../../model/millrace-error.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Column, Table } from '../../model/table.ts'
import type { TextRow } from '../../model/text-row.ts'
import { orderedBy, wordingOf, type Engine, type ListCell, type ListQuery, type ListRow } from '../sql/engine.ts'
import { bringParquet, bringValues, loadLines, loadLists, makeTable } from './bring.ts'
import { doubleText } from './client/double-text.ts'
import { isConnectionLost } from './client/translate-error.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import { inlineView } from './inline-view.ts'
import { introspectTable, tablesIn } from './introspect.ts'
import type { Link } from './link.ts'
import { standInRows } from './stand-in.ts'
import { logicalType } from './column-type.ts'
import { storedName } from './names.ts'
import { standingViews } from './standing-views.ts'
import { transactionsOf } from './transaction.ts'
import { isInPlace, mendingSteps, wideningSteps } from './widen.ts'

export type EngineOptions = {
  readonly link: Link
  readonly epochs: Map<string, number>
  /** Nothing is changed: tables are made as the session's own, and views stand in what reads them. */
  readonly isRehearsal: boolean
}

export function snowflakeEngine({ link, epochs, isRehearsal }: EngineOptions): Engine {
  const { client } = link
  const wording = wordingOf(dialect)
  const relationOf = (table: Pick<Table, 'schema' | 'name'>) => wording.relation(table.schema, table.name)
  // What a rehearsal has made, in the place of what it stands for.
  const rehearsed = new Map<string, (sql: string) => string>()
  const as = (sql: string) => [...rehearsed.values()].reduce((text, put) => put(text), sql)
  const run = (sql: string) => client().run(as(sql))
  const rows = (sql: string) => client().rows(as(sql))
  const stream = (sql: string) => client().stream(as(sql))
  const known = new Map<string, Table | null>()
  const views = standingViews(rows)
  const schemas = new Set<string>()
  const changed = (table: Pick<Table, 'schema' | 'name'>) => {
    known.delete(relationOf(table))
    views.changed(table)
  }
  const transactions = transactionsOf(link, epochs)
  let brought = 0
  let made = 0

  const introspect: Engine['introspect'] = async (schema, name) => {
    const at = relationOf({ schema, name })
    const found = known.get(at)
    if (found !== undefined) return found
    const table = isRehearsal ? await introspectTable(rows, schema, name) : await mended({ at, schema, name })
    known.set(at, table)
    return table
  }
  /**
   * The table with no column half widened. Another session may widen or mend it at this moment: then a step fails, and what
   * stands has to be looked at again, since a column that seems to be missing has only another name for now.
   */
  const mended = async ({
    at,
    schema,
    name,
  }: {
    readonly at: string
    readonly schema: string
    readonly name: string
  }) => {
    for (let attempt = 0; attempt < mostMendings; attempt++) {
      const standing = await introspectTable(rows, schema, name)
      const steps = mendingSteps(at, standing)
      if (steps.length === 0) return standing
      // To mend it would commit what the transaction has done so far.
      if (transactions.isInTransaction()) break
      if (attempt > 0) await sleep(mendingPauseMs)
      await inOrder(steps)
      views.changed({ schema, name })
    }
    throw halfWidened(at)
  }
  /** Up to the first that fails. */
  const inOrder = async (steps: readonly string[]) => {
    for (const sql of steps)
      try {
        await run(sql)
      } catch (error) {
        if (isConnectionLost(error)) throw error
        return
      }
  }
  /** IF NOT EXISTS asks for the right to make schemas also where the schema stands: https://github.com/sqitchers/sqitch/issues/826 */
  const createSchema = async (schema: string) => {
    if (schemas.has(schema)) return
    const found = `FROM INFORMATION_SCHEMA.SCHEMATA WHERE schema_name = ${dialect.text(storedName(schema))}`
    const [standing] = await rows(`SELECT schema_name AS name ${found}`)
    if (!standing) await run(`CREATE SCHEMA IF NOT EXISTS ${dialect.quote(schema)}`)
    schemas.add(schema)
  }
  /** A table of the session's own instead of the one that stands, with what is to be added. */
  const rehearse = async (table: Table, changed: readonly Column[]) => {
    const at = relationOf(table)
    const standing = (await introspect(table.schema, table.name))?.columns ?? []
    const columns = [...standing.filter(({ name }) => !changed.some((each) => each.name === name)), ...changed]
    const own = `_rehearsed_${++made}`
    await run(`CREATE TEMPORARY TABLE ${own} AS ${standInRows(columns, { at, standing })}`)
    rehearsed.set(at, (sql) => sql.replaceAll(at, own))
    views.changed(table)
    known.set(at, { schema: table.schema, name: table.name, columns })
  }
  return {
    ...dialect,
    ...wording,
    ...transactions,
    run,
    rows,
    stream,
    streamLists: (query) => streamLists(stream, query),
    introspect,
    describe: async (sql) =>
      (await client().describe(as(sql))).map(({ name, type, precision, scale }) => ({
        name,
        type: logicalType(type, precision, scale),
      })),
    tablesIn: (schema, prefix) => tablesIn(rows, schema, prefix),
    bring: (paths, columns) => bringParquet(client, `_brought_${++brought}`, { paths, columns }),
    loadLines: (table, path, columns) => loadLines(client, table, { path, columns }),
    loadLists: (table, path) => loadLists(client, table, path),
    bringValues: (columns, values) => bringValues(client, `_brought_${++brought}`, { columns, rows: values }),
    makeRoom: async () => undefined,
    prepare: (table, columns) =>
      makeTable(
        client,
        table,
        columns.map(({ name, type }) => [name.startsWith('"') ? name : dialect.quote(name), dialect.type(type)]),
      ),
    fill: async (table, select) => {
      await run(`INSERT INTO ${table} ${select}`)
    },
    // Temporary tables end with the session; to drop one would commit.
    discard: async () => undefined,
    // A row that meets several is an error in MERGE, and any of them in UPDATE.
    updateFrom: ({ target, set, from, on, where }) =>
      run(
        `MERGE INTO ${target} AS t USING ${from} ON ${on} WHEN MATCHED${where === undefined ? '' : ` AND ${where}`} ` +
          `THEN UPDATE SET ${set.map(([column, value]) => `t.${dialect.quote(column)} = ${value}`).join(', ')}`,
      ),
    deleteFrom: ({ target, from, where }) => run(`DELETE FROM ${target} AS t USING ${from} WHERE ${where}`),
    upsert: async ({ target, key, from, columns, values, where }) => {
      const cells = columns.map((name, index) => `${values[index] ?? 'NULL'} AS ${dialect.quote(name)}`)
      const on = key.map((name) => `t.${dialect.quote(name)} = m.${dialect.quote(name)}`).join(' AND ')
      const changed = columns.filter((name) => !key.includes(name))
      await run(
        `MERGE INTO ${target} AS t USING (SELECT ${cells.join(', ')} FROM ${from} WHERE ${where}) AS m ON ${on} ` +
          `WHEN MATCHED THEN UPDATE SET ${changed.map((name) => `t.${dialect.quote(name)} = m.${dialect.quote(name)}`).join(', ')} ` +
          `WHEN NOT MATCHED THEN INSERT (${wording.names(columns)}) VALUES (${columns.map((name) => `m.${dialect.quote(name)}`).join(', ')})`,
      )
    },
    deleteSome: async (table, where) => (await run(`DELETE FROM ${table} WHERE ${where}`)).rowsChanged,
    createSchema,
    createTable: async (table) => {
      const cells = table.columns.map(({ name, type }) => `${dialect.quote(name)} ${dialect.type(type)}`).join(', ')
      if (isRehearsal) return rehearse(table, table.columns)
      await createSchema(table.schema)
      await run(`CREATE TABLE IF NOT EXISTS ${relationOf(table)} (${cells})`)
      changed(table)
    },
    addColumn: async (table, column) => {
      if (isRehearsal) return rehearse(table, [column])
      await run(
        `ALTER TABLE ${relationOf(table)} ADD COLUMN IF NOT EXISTS ${dialect.quote(column.name)} ${dialect.type(column.type)}`,
      )
      changed(table)
    },
    widensInPlace: isInPlace,
    widen: async (table, to, from) => {
      if (isRehearsal) return rehearse(table, [to])
      for (const sql of wideningSteps(relationOf(table), from, to)) await run(sql)
      changed(table)
    },
    makeView: async (schema, name, sql) => {
      const view = { schema, name }
      // A statement that changes nothing would still end what others have cached of the view.
      if (await views.isCurrent(view, sql)) return
      const at = relationOf(view)
      if (isRehearsal) {
        const inlined = { at, name: dialect.quote(name), text: as(sql) }
        rehearsed.set(at, (text) => inlineView(text, inlined))
      } else {
        await createSchema(schema)
        // Whoever may read the view may go on.
        await run(`CREATE OR REPLACE VIEW ${at} COPY GRANTS AS ${sql}`)
      }
      views.made(view, sql)
    },
  }
}

/** The client reads a cell exactly, but for doubles: a result has fewer digits of them than there are, as has a cast to text. */
function cellSql({ sql, type }: ListCell): string {
  if (type === 'double') return `TO_VARCHAR(${sql}, 'TME')`
  return type === 'json' || type === 'binary' ? dialect.asText(sql, type) : sql
}

const halfWidened = (at: string) =>
  new MillraceError('MR-2003', {
    message: `A column of ${at} is being made wider by another session, or was left half done.`,
    kept: 'What was committed before is there; the transaction is rolled back.',
    next: 'Run again: it is mended first.',
  })

async function* streamLists(
  stream: (sql: string) => AsyncIterable<readonly TextRow[]>,
  { cells, lists, rest, order }: ListQuery,
): AsyncIterable<readonly ListRow[]> {
  const columns = [
    ...cells.map(([name, sql]) => `${sql} AS ${dialect.quote(name)}`),
    ...lists.flatMap(([, when, list], at) => [
      `NVL(${when}, FALSE) AS has_${at}`,
      ...list.map((cell, index) => `${cellSql(cell)} AS l${at}_${index}`),
    ]),
  ]
  for await (const chunk of stream(`SELECT ${columns.join(', ')} ${rest}${orderedBy(order)}`))
    yield chunk.map((row) => ({
      cells: row,
      lists: Object.fromEntries(
        lists.map(([name, , list], at) => [
          name,
          row[`has_${at}`] === 'true'
            ? list.map(({ type }, index) => {
                const text = row[`l${at}_${index}`] ?? null
                return type === 'double' && text !== null ? doubleText(text) : text
              })
            : null,
        ]),
      ),
    }))
}

const mostMendings = 5
const mendingPauseMs = 200
