/** Session parameters: https://docs.snowflake.com/en/sql-reference/parameters. Only those are known that something here, or the SDK, reads. */

export type ParameterValue = string | number | boolean
export type Parameters = { [name: string]: ParameterValue }

export const defaultParameters: { readonly [name: string]: ParameterValue } = {
  ABORT_DETACHED_QUERY: false,
  AUTOCOMMIT: true,
  BINARY_INPUT_FORMAT: 'HEX',
  BINARY_OUTPUT_FORMAT: 'HEX',
  CLIENT_MEMORY_LIMIT: 1536,
  CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX: false,
  CLIENT_PREFETCH_THREADS: 4,
  CLIENT_RESULT_CHUNK_SIZE: 160,
  CLIENT_RESULT_COLUMN_CASE_INSENSITIVE: false,
  CLIENT_SESSION_KEEP_ALIVE: false,
  CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY: 3600,
  CLIENT_STAGE_ARRAY_BINDING_THRESHOLD: 65280,
  CLIENT_TIMESTAMP_TYPE_MAPPING: 'TIMESTAMP_LTZ',
  DATE_INPUT_FORMAT: 'AUTO',
  DATE_OUTPUT_FORMAT: 'YYYY-MM-DD',
  ERROR_ON_NONDETERMINISTIC_MERGE: true,
  ERROR_ON_NONDETERMINISTIC_UPDATE: false,
  GEOGRAPHY_OUTPUT_FORMAT: 'GeoJSON',
  JS_TREAT_INTEGER_AS_BIGINT: false,
  JSON_INDENT: 2,
  LOCK_TIMEOUT: 43_200,
  MULTI_STATEMENT_COUNT: 1,
  QUERY_RESULT_FORMAT: 'JSON',
  QUERY_TAG: '',
  QUOTED_IDENTIFIERS_IGNORE_CASE: false,
  ROWS_PER_RESULTSET: 0,
  SERVICE_NAME: '',
  STATEMENT_QUEUED_TIMEOUT_IN_SECONDS: 0,
  STATEMENT_TIMEOUT_IN_SECONDS: 172_800,
  STRICT_JSON_OUTPUT: false,
  TIMESTAMP_DAY_IS_ALWAYS_24H: false,
  TIMESTAMP_INPUT_FORMAT: 'AUTO',
  TIMESTAMP_LTZ_OUTPUT_FORMAT: '',
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM',
  TIMESTAMP_TYPE_MAPPING: 'TIMESTAMP_NTZ',
  TIMESTAMP_TZ_OUTPUT_FORMAT: '',
  TIMEZONE: 'America/Los_Angeles',
  TIME_INPUT_FORMAT: 'AUTO',
  TIME_OUTPUT_FORMAT: 'HH24:MI:SS',
  TRANSACTION_ABORT_ON_ERROR: false,
  TRANSACTION_DEFAULT_ISOLATION_LEVEL: 'READ COMMITTED',
  TWO_DIGIT_CENTURY_START: 1970,
  UNSUPPORTED_DDL_ACTION: 'ignore',
  USE_CACHED_RESULT: true,
  WEEK_OF_YEAR_POLICY: 0,
  WEEK_START: 0,
}

export type ParameterProblem =
  { readonly kind: 'unknown' } | { readonly kind: 'wrong'; readonly value: string; readonly why: string }

/** The value as the parameter's type, or what is wrong with it. */
export function readParameter(name: string, value: unknown): { readonly value: ParameterValue } | ParameterProblem {
  const standard = Object.hasOwn(defaultParameters, name) ? defaultParameters[name] : undefined
  if (standard === undefined) return { kind: 'unknown' }
  const text = String(value)
  if (typeof standard === 'boolean') {
    if (/^(true|false)$/i.test(text)) return { value: text.toLowerCase() === 'true' }
    return { kind: 'wrong', value: text, why: 'boolean' }
  }
  if (typeof standard === 'number') {
    const [least, most] = ranges[name] ?? [0, 2 ** 31 - 1]
    if (/^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return { value: Number(text) }
    return { kind: 'wrong', value: text, why: 'integer' }
  }
  if (name === 'QUERY_TAG' && text.length > 2000) return { kind: 'wrong', value: text.slice(0, 40), why: 'length' }
  return { value: text }
}

const ranges: { readonly [name: string]: readonly [number, number] } = {
  STATEMENT_TIMEOUT_IN_SECONDS: [0, 604_800],
  STATEMENT_QUEUED_TIMEOUT_IN_SECONDS: [0, 604_800],
  LOCK_TIMEOUT: [0, 2 ** 31 - 1],
  CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY: [900, 3600],
  CLIENT_RESULT_CHUNK_SIZE: [16, 160],
}

/** With what a client wishes; what nobody knows is left out, as at the vendor. */
export function withWishes(parameters: Parameters, wishes: { readonly [name: string]: unknown }): Parameters {
  const all = { ...parameters }
  for (const [wish, value] of Object.entries(wishes)) {
    const name = wish.toUpperCase()
    const read = readParameter(name, value)
    if (!('kind' in read)) all[name] = read.value
  }
  return all
}

/** As answers carry them. */
export const parameterList = (parameters: Parameters): readonly { name: string; value: ParameterValue }[] =>
  Object.entries(parameters).map(([name, value]) => ({ name, value }))
