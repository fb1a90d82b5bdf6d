import { snowflakeDialect as dialect } from '../dialect.ts'
import type { SnowflakeOptions } from './options.ts'

/** One statement that sets what values look like, and what a session may do: https://docs.snowflake.com/en/sql-reference/parameters */
export function sessionStatement(options: SnowflakeOptions): string {
  const parameters = {
    ABORT_DETACHED_QUERY: true,
    ...upperCased(options.sessionParameters),
    STATEMENT_TIMEOUT_IN_SECONDS: wholeSeconds(options.statementTimeoutMs),
    LOCK_TIMEOUT: wholeSeconds(options.lockTimeoutMs),
    ...exactValues,
  }
  return `ALTER SESSION SET ${Object.entries(parameters)
    .map(([name, value]) => `${name} = ${typeof value === 'string' ? dialect.text(value) : String(value)}`)
    .join(', ')}`
}

const upperCased = (parameters: SnowflakeOptions['sessionParameters']) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name.toUpperCase(), value]))

const wholeSeconds = (milliseconds: number) => Math.max(0, Math.ceil(milliseconds / 1000))

/** Nobody may change these: the same project must give the same values on both warehouses. */
const exactValues = {
  AUTOCOMMIT: true,
  TIMEZONE: 'UTC',
  TIMESTAMP_TYPE_MAPPING: 'TIMESTAMP_NTZ',
  // What is compared and committed stands in statements as ISO text.
  TIMESTAMP_INPUT_FORMAT: 'AUTO',
  DATE_INPUT_FORMAT: 'AUTO',
  TIME_INPUT_FORMAT: 'AUTO',
  TIMESTAMP_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF9',
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF9',
  TIMESTAMP_LTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM',
  TIMESTAMP_TZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM',
  DATE_OUTPUT_FORMAT: 'YYYY-MM-DD',
  TIME_OUTPUT_FORMAT: 'HH24:MI:SS.FF9',
  BINARY_INPUT_FORMAT: 'HEX',
  BINARY_OUTPUT_FORMAT: 'HEX',
  JSON_INDENT: 0,
  // Else NaN and undefined stand in JSON as they are.
  STRICT_JSON_OUTPUT: true,
  QUOTED_IDENTIFIERS_IGNORE_CASE: false,
  ERROR_ON_NONDETERMINISTIC_MERGE: true,
  ROWS_PER_RESULTSET: 0,
  MULTI_STATEMENT_COUNT: 1,
} as const
