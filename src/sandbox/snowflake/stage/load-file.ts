/** One file into a table. */
import { copyRows } from '../sql/copy/copy-rows.ts'
import { encoded } from '../sql/names.ts'
import { invalidIdentifier, snowflakeError, type SnowflakeError } from '../sql/snowflake-error.ts'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import { sqlContext } from '../run/sql-context.ts'
import type { RunContext } from '../run/run-statement.ts'
import type { Run } from '../session/transaction.ts'
import type { CopyPlan } from './copy.ts'
import type { CopiedFile } from './copy-outcome.ts'
import { openSource } from './file-source.ts'
import type { StageFile } from './stage-files.ts'

type Load = { readonly file: StageFile; readonly table: string; readonly run: Run }

export async function loadFile(context: RunContext, plan: CopyPlan, { file, table, run }: Load): Promise<CopiedFile> {
  const { statement, target } = plan
  const unknown = statement.columns?.find((name) => target.columns.every((column) => column.name !== name))
  if (unknown !== undefined) throw invalidIdentifier(unknown, { line: 1, position: 0 })
  const onError = statement.options.ON_ERROR ?? 'ABORT_STATEMENT'
  let sql = ''
  try {
    const source = await openSource(context.session.connection, file, plan.format)
    const rows = copyRows(statement, source, target.columns, sqlContext(context, []))
    sql = rows.sql
    // Tried beside the transaction: an error in it would end it.
    if (onError !== 'ABORT_STATEMENT') await tryOut(context, sql)
    const names = rows.columns.map(({ name }) => encoded(name))
    const rowsLoaded = await run(
      `INSERT INTO ${table} ${names.length > 0 ? `(${names.join(', ')})` : emptyRow(plan)} ${sql}`,
    )
    return { file: file.name, status: 'LOADED', rowsParsed: rowsLoaded, rowsLoaded, errors: 0, firstError: null }
  } catch (error) {
    const failure = loadError(translateDuckDBError(error, sql), { file, plan })
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

/** No column of the file is one of the table: as many rows of NULL, by way of the first one. */
const emptyRow = ({ target }: CopyPlan): string => `(${encoded(target.columns[0]?.name ?? '')})`

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
