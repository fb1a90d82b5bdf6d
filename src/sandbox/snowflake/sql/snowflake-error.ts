/** Snowflake's errors: number, SQLSTATE and words. https://docs.snowflake.com/en/sql-reference */

export class SnowflakeError extends Error {
  readonly code: string
  readonly sqlState: string
  readonly line: number | null
  readonly position: number | null

  constructor(spec: SnowflakeErrorSpec) {
    super(spec.message)
    this.name = 'SnowflakeError'
    this.code = spec.code
    this.sqlState = spec.sqlState
    this.line = spec.line ?? null
    this.position = spec.position ?? null
  }
}

export type SnowflakeErrorSpec = {
  /** Six digits: `001003`. */
  readonly code: string
  readonly sqlState: string
  readonly message: string
  readonly line?: number
  readonly position?: number
}

/** Where something stands: the line counts from 1, the position in it from 0. */
export type Place = { readonly line: number; readonly position: number }

export const snowflakeError = (code: string, sqlState: string, message: string): SnowflakeError =>
  new SnowflakeError({ code, sqlState, message })

export const syntaxError = (place: Place, token: string): SnowflakeError =>
  new SnowflakeError({
    code: '001003',
    sqlState: '42000',
    message: `SQL compilation error:\nsyntax error line ${place.line} at position ${place.position} unexpected '${token}'.`,
    ...place,
  })

export const parseError = (place: Place, what: string): SnowflakeError =>
  new SnowflakeError({
    code: '001003',
    sqlState: '42000',
    message: `SQL compilation error:\nparse error line ${place.line} at position ${place.position} near '${what}'.`,
    ...place,
  })

/** A compilation error at a place. */
export const errorAt = (code: string, sqlState: string, place: Place, message: string): SnowflakeError =>
  new SnowflakeError({
    code,
    sqlState,
    message: `SQL compilation error: error line ${place.line} at position ${place.position}\n${message}`,
    ...place,
  })

export const compilationError = (code: string, sqlState: string, message: string): SnowflakeError =>
  snowflakeError(code, sqlState, `SQL compilation error:\n${message}`)

export const emptyStatement = (): SnowflakeError =>
  snowflakeError('000900', '42601', 'SQL compilation error:\nEmpty SQL statement.')

export const unknownFunction = (name: string): SnowflakeError =>
  compilationError('002140', '42601', `Unknown function ${name}.`)

export const unknownTableFunction = (name: string): SnowflakeError =>
  compilationError('002141', '42601', `Unknown table function ${name}.`)

export const invalidIdentifier = (name: string, place: Place): SnowflakeError =>
  errorAt('000904', '42000', place, `invalid identifier '${name}'`)

export const ambiguousColumn = (name: string, place: Place): SnowflakeError =>
  errorAt('002028', '42601', place, `ambiguous column name '${name}'`)

export const objectMissing = (name: string, kind = 'Object'): SnowflakeError =>
  compilationError(
    '002003',
    kind === 'Object' || kind === 'Table' || kind === 'View' ? '42S02' : '02000',
    `${kind} '${name}' does not exist or not authorized.`,
  )

export const objectExists = (name: string): SnowflakeError =>
  compilationError('002002', '42710', `Object '${name}' already exists.`)

export const otherKind = (found: string, wanted: string): SnowflakeError =>
  compilationError(
    '002203',
    '02000',
    `Object found is of type '${found.toUpperCase()}', not specified type '${wanted.toUpperCase()}'.`,
  )

export const replacesOrNot = (): SnowflakeError =>
  compilationError('001049', '42601', 'options IF NOT EXISTS and OR REPLACE are incompatible.')

export const wrongValueCount = (expected: number, got: number): SnowflakeError =>
  compilationError(
    '002020',
    '21S01',
    `Insert value list does not match column list expecting ${expected} but got ${got}`,
  )

export const unsupported = (what: string): SnowflakeError =>
  compilationError('000002', '0A000', `Unsupported feature '${what}'.`)

export const noCurrentDatabase = (): SnowflakeError =>
  snowflakeError(
    '090105',
    '22000',
    "Cannot perform operation. This session does not have a current database. Call 'USE DATABASE', or use a qualified name.",
  )

export const noCurrentSchema = (): SnowflakeError =>
  snowflakeError(
    '090106',
    '22000',
    "Cannot perform operation. This session does not have a current schema. Call 'USE SCHEMA', or use a qualified name.",
  )

export const invalidArgumentTypes = (name: string, types: readonly string[], place: Place): SnowflakeError =>
  errorAt('001044', '42P13', place, `Invalid argument types for function '${name}': (${types.join(', ')})`)

export const tooFewArguments = (shown: string, expected: number, got: number, place: Place): SnowflakeError =>
  errorAt('000938', '22023', place, `not enough arguments for function [${shown}], expected ${expected}, got ${got}`)

export const tooManyArguments = (shown: string, expected: number, got: number, place: Place): SnowflakeError =>
  errorAt('000939', '22023', place, `too many arguments for function [${shown}] expected ${expected}, got ${got}`)
