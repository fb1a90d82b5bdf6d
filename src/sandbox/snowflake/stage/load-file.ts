/** One file into a table. */
import { DuckDBTypeId } from '@duckdb/node-api'
import { quoteName } from '../../../duckdb/sql-text.ts'
import { encoded } from '../sql/names.ts'
import { compilationError, invalidIdentifier, snowflakeError, type SnowflakeError } from '../sql/snowflake-error.ts'
import type { Column } from '../sql/statement.ts'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import type { RunContext } from '../run/run-statement.ts'
import type { Run } from '../session/transaction.ts'
import type { CopyPlan } from './copy.ts'
import type { CopiedFile } from './copy-outcome.ts'
import { transformSql } from './copy-transform.ts'
import { openSource, type FileSource } from './file-source.ts'
import { loadCell } from './load-cell.ts'
import type { StageFile } from './stage-files.ts'

type Load = { readonly file: StageFile; readonly table: string; readonly run: Run }

export async function loadFile(context: RunContext, plan: CopyPlan, { file, table, run }: Load): Promise<CopiedFile> {
  const columns = targetColumns(plan)
  const onError = plan.statement.options.ON_ERROR ?? 'ABORT_STATEMENT'
  const { connection } = context.session
  try {
    const source = await openSource(connection, file, { format: plan.format, width: columns.length })
    const rows = selectRows(context, plan, { columns, source, file })
    // Tried beside the transaction: an error in it would end it.
    if (onError !== 'ABORT_STATEMENT') await tryOut(context, rows)
    const insert = (sql: string) =>
      run(`INSERT INTO ${table} (${columns.map(({ name }) => encoded(name)).join(', ')}) ${sql}`)
    const rowsLoaded = await insert(rows)
    return { file: file.name, status: 'LOADED', rowsParsed: rowsLoaded, rowsLoaded, errors: 0, firstError: null }
  } catch (error) {
    const failure = loadError(translateDuckDBError(error, ''), { file, plan })
    if (onError === 'ABORT_STATEMENT') throw failure
    return {
      file: file.name,
      status: 'LOAD_FAILED',
      rowsParsed: 0,
      rowsLoaded: 0,
      errors: 1,
      firstError: failure.message.split('\n')[0] ?? '',
    }
  }
}

function targetColumns({ statement, target }: CopyPlan): readonly Column[] {
  if (!statement.columns) return target.columns
  return statement.columns.map((name) => {
    const column = target.columns.find((each) => each.name === name)
    if (!column) throw invalidIdentifier(name, { line: 1, position: 0 })
    return column
  })
}

type Selection = { readonly columns: readonly Column[]; readonly source: FileSource; readonly file: StageFile }

/** The rows as the table takes them, in DuckDB SQL. */
function selectRows(context: RunContext, plan: CopyPlan, selection: Selection): string {
  const { statement, format } = plan
  if (statement.from.select) return transformSql(context, statement.from.select, selection)
  const match = statement.options.MATCH_BY_COLUMN_NAME ?? 'NONE'
  const cells = match === 'NONE' ? byPosition(plan, selection) : byName(selection, match === 'CASE_INSENSITIVE', format)
  return `SELECT ${cells.join(', ')} FROM ${selection.source.sql} AS file`
}

function byPosition({ format }: CopyPlan, { columns, source }: Selection): readonly string[] {
  if (format.TYPE === 'CSV' || format.TYPE === undefined)
    return columns.map(({ type }, index) => {
      const column = source.columns[index]
      return loadCell(column ? quoteName(column.name) : 'NULL', column?.type ?? null, type)
    })
  const [only, ...more] = columns
  if (!only || more.length > 0 || !/^(VARIANT|OBJECT|ARRAY)/.test(only.type))
    throw compilationError(
      '002019',
      '0A000',
      `${format.TYPE} file format can produce one and only one column of type variant, object, or array. ` +
        'Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.',
    )
  if (format.TYPE === 'JSON') return ['json']
  const pairs = source.columns.map(
    ({ name, type }) => `'${name.replaceAll("'", "''")}', ${loadCell(quoteName(name), type, 'VARIANT')}`,
  )
  return [`json_object(${pairs.join(', ')})`]
}

/** Columns that only one side has: those of the table get NULL, those of the file are left out. */
function byName(
  { columns, source }: Selection,
  insensitive: boolean,
  format: Readonly<Record<string, string>>,
): readonly string[] {
  const folded = (name: string) => (insensitive ? name.toUpperCase() : name)
  if (format.TYPE === 'JSON')
    return columns.map(({ name, type }) => {
      const key = insensitive
        ? `list_filter(json_keys(json), lambda k: upper(k) = '${folded(name).replaceAll("'", "''")}')[1]`
        : `'${name.replaceAll("'", "''")}'`
      const path = `'$."' || replace(${key}, '"', '\\"') || '"'`
      const cell = `json_extract(json, ${path})`
      return loadCell(`nullif(${cell}, CAST('null' AS JSON))`, { typeId: DuckDBTypeId.VARCHAR, alias: 'JSON' }, type)
    })
  const known = new Map(source.columns.map((column) => [folded(column.name), column]))
  return columns.map(({ name, type }) => {
    const column = known.get(folded(name))
    return loadCell(column ? quoteName(column.name) : 'NULL', column?.type ?? null, type)
  })
}

async function tryOut(context: RunContext, rows: string): Promise<void> {
  const helper = await context.service.instance.connect()
  try {
    await helper.run(`SET TimeZone = 'UTC'`)
    await helper.run(`CREATE TEMP TABLE trial AS ${rows}`)
  } finally {
    helper.closeSync()
  }
}

/** With the place and the advice that Snowflake adds; casts of what is in Parquet and JSON are casts of VARIANT. */
function loadError(
  error: SnowflakeError,
  { file, plan }: { readonly file: StageFile; readonly plan: CopyPlan },
): SnowflakeError {
  if (error.message.startsWith('SQL compilation error') || error.code === '100144') return error
  const [, value] = /'((?:[^']|'(?= ))*)'/.exec(error.message) ?? []
  const to = variantTypes[error.code]
  const isVariant = plan.format.TYPE === 'PARQUET' || plan.format.TYPE === 'JSON'
  const [code, state, message] =
    isVariant && to !== undefined
      ? ['100071', '22000', `Failed to cast variant value "${value ?? ''}" to ${to}`]
      : [error.code, error.sqlState, error.message]
  return snowflakeError(
    code,
    state,
    `${message}\n  File '${file.name}', line 1, character 1\n  Row 1, column "${plan.target.name.name}"\n` +
      "  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. " +
      "For more information on loading options, please run 'info loading_data' in a SQL client.",
  )
}

const variantTypes: { readonly [code: string]: string } = {
  '100035': 'TIMESTAMP_NTZ',
  '100037': 'BOOLEAN',
  '100038': 'FIXED',
  '100040': 'DATE',
}
