/** What DuckDB says, in Snowflake's words. What stays is an internal error, so that it is seen. */
import { compilationError, objectMissing, snowflakeError, SnowflakeError } from './snowflake-error.ts'
import { decodeNames, shownPart, splitEncoded } from './names.ts'

export function translateDuckDBError(error: unknown, sql: string): SnowflakeError {
  if (error instanceof SnowflakeError) return error
  const message = error instanceof Error ? error.message : String(error)
  const own = /SNOWFLAKE:(\w+):(\w+):([^]*?)(?:\n\nLINE \d|$)/.exec(message)
  if (own) return snowflakeError(own[1] ?? '', own[2] ?? '', own[3] ?? '')
  for (const [pattern, translate] of rules) {
    const found = pattern.exec(message)
    if (found) return translate(found.map((part) => decodeNames(part ?? '')))
  }
  const expansion = expansionOfView(message, sql)
  if (expansion) return expansion
  const first = decodeNames(message.split('\n')[0] ?? message)
  return snowflakeError(
    '300005',
    'XX000',
    `SQL execution internal error:\nProcessing aborted by error 300005:0 in the sandbox: ${first} (${sql.slice(0, 120).replaceAll(/\s+/g, ' ')})`,
  )
}

type Rule = readonly [RegExp, (found: readonly string[]) => SnowflakeError]

const rules: readonly Rule[] = [
  [
    /aggregate function calls cannot contain window function calls|window function calls cannot be nested/,
    () => compilationError('002303', '42601', 'Window function may not be nested inside another function of rows.'),
  ],
  [
    /In a DISTINCT aggregate, ORDER BY expressions must appear/,
    () =>
      compilationError(
        '000979',
        '42601',
        'The WITHIN GROUP expression of a DISTINCT aggregate is not a valid order by expression',
      ),
  ],
  [
    /Invalid Input Error: (?:missing|invalid|bad|no argument|unexpected|trailing|duplicate) ?[^\n]*: /,
    () => snowflakeError('100048', '2201B', 'Invalid regular expression'),
  ],
  [
    /Invalid UTF8 Codepoint (-?\d+)/,
    ([, code]) => snowflakeError('100145', '22023', `Invalid character code ${code} in the CHR input`),
  ],
  [
    /cannot take (square root|logarithm) of/,
    ([, what]) =>
      snowflakeError('100041', '22023', `Invalid floating point operation: ${what === 'logarithm' ? 'ln' : 'sqrt'}`),
  ],
  [
    /(?:Date|Timestamp|timestamp|interval)[^\n]* out of range/,
    () => snowflakeError('100036', '22008', 'Date or timestamp out of range'),
  ],
  [/Unknown TimeZone '([^']*)'/, ([, zone]) => snowflakeError('100244', '22023', `Unknown timezone: '${zone}'`)],
  [
    /Invalid escape string|must not end with escape character/,
    () => snowflakeError('100037', '22025', 'Invalid escape character'),
  ],
  [
    /could not convert blob to UTF8/,
    () => snowflakeError('100116', '22000', 'Invalid UTF8 detected in a binary value that is read as text'),
  ],
  [/NOT NULL constraint failed/, () => snowflakeError('100072', '22000', `NULL result in a non-nullable column`)],
  [
    /Could not convert string ['"]([^]*?)['"] to (?:INT|DECIMAL|DOUBLE|FLOAT|BIGINT|HUGEINT)/,
    ([, value]) => snowflakeError('100038', '22018', `Numeric value '${value}' is not recognized`),
  ],
  [
    /Could not convert string ['"]([^]*?)['"] to BOOL/,
    ([, value]) => snowflakeError('100037', '22018', `Boolean value '${value}' is not recognized`),
  ],
  [
    /(?:invalid date field format|date field value out of range): "([^]*?)"/,
    ([, value]) => snowflakeError('100040', '22007', `Date '${value}' is not recognized`),
  ],
  [
    /(?:invalid timestamp field format|timestamp field value out of range): "([^]*?)"/,
    ([, value]) => snowflakeError('100035', '22007', `Timestamp '${value}' is not recognized`),
  ],
  [
    /Casting value "([^]*?)" to type DECIMAL\((\d+),(\d+)\) failed/,
    ([, value, precision, scale]) => outOfRange(Number(precision), Number(scale), value ?? ''),
  ],
  [
    /Could not cast value ([^]*?) to DECIMAL\((\d+),(\d+)\)/,
    ([, value, precision, scale]) => outOfRange(Number(precision), Number(scale), value ?? ''),
  ],
  [
    /Overflow in (?:addition|subtraction|multiplication|HUGEINT|multiply)|Out of Range Error: Overflow/,
    () => outOfRange(38, 0, 'overflow'),
  ],
  [
    /Type (?:DOUBLE|HUGEINT|INT\d+|UINT\d+|DECIMAL\([\d,]+\)) with value ([^ ]+) can't be cast/,
    ([, value]) => outOfRange(38, 0, value ?? ''),
  ],
  [/Division by zero|divide by zero/i, () => snowflakeError('100051', '22012', 'Division by zero')],
  [
    /More than one row returned by a subquery/,
    () => snowflakeError('090150', '22000', 'Single-row subquery returns more than one row.'),
  ],
  [
    /column "([^"]*)" must appear in the GROUP BY clause/,
    ([, column]) =>
      compilationError(
        '001104',
        '42601',
        `'${column}' in select clause is neither an aggregate nor in the group by clause.`,
      ),
  ],
  [
    /(?:WHERE clause cannot contain aggregates|aggregate function calls cannot be nested|(?:GROUP BY|JOIN|UPDATE).*cannot contain aggregates)/,
    () => compilationError('002035', '42601', 'Invalid aggregate function in where clause'),
  ],
  [
    /(WHERE|HAVING|GROUP BY) clause cannot contain window functions/,
    ([, clause]) =>
      compilationError(
        '002302',
        '42601',
        `Window function is not allowed in the ${(clause ?? '').toLowerCase()} clause.`,
      ),
  ],
  [
    /Contents of view were altered/,
    () =>
      compilationError(
        '002057',
        '42601',
        'View definition does not match the columns that its query produces now; the view has to be created again.',
      ),
  ],
  [
    /(?:Table|View|Schema) with name "([^"]*)" already exists/,
    ([, name]) => compilationError('002002', '42710', `Object '${shownPart(name ?? '')}' already exists.`),
  ],
  [/INTERRUPT|Interrupted/, () => snowflakeError('000604', '57014', 'SQL execution canceled')],
  [
    /invalid regular expression|(?:missing|unexpected|invalid|bad|no argument|unterminated)[^]*(?:regex|repetition|character class|escape sequence|parenthesis)/i,
    () => snowflakeError('100048', '2201B', 'Invalid regular expression'),
  ],
]

/**
 * A name that DuckDB does not find, though the reader found all that the statement says, is in a view that it reads; or it
 * is a table that another session dropped meanwhile.
 */
function expansionOfView(message: string, sql: string): SnowflakeError | null {
  const column =
    /Referenced column "([^"]*)" not found/.exec(message) ?? /does not have a column named "([^"]*)"/.exec(message)
  const table = /(?:Table|View) with name "?([^"\n]*?)"? does not exist/.exec(message)
  const schema = /Schema with name "?([^"\n]*?)"? does not exist/.exec(message)
  const missing = decodeNames((column ?? table ?? schema)?.[1] ?? '')
  if (missing === '') return null
  const read = [...sql.matchAll(/"(?:[^"]|"")*\.(?:[^"]|"")*"\."((?:[^"]|"")*)"/g)].map(([, name]) =>
    decodeNames(name ?? ''),
  )
  if (table && read.includes(missing)) return objectMissing(shownPart(missing))
  const view = read[0] ?? ''
  const inner = column
    ? `error line 1 at position 0\ninvalid identifier '${shownPart(missing)}'`
    : `${schema ? 'Schema' : 'Object'} '${schema ? splitEncoded(missing).map(shownPart).join('.') : shownPart(missing)}' does not exist or not authorized.`
  return compilationError(
    '002037',
    '42601',
    `Failure during expansion of view '${shownPart(view)}': SQL compilation error:\n${inner}`,
  )
}

function outOfRange(precision: number, scale: number, value: string): SnowflakeError {
  const size = precision <= 2 ? 1 : precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16
  return snowflakeError(
    '100046',
    '22003',
    `Number out of representable range: type FIXED[SB${size}](${precision},${scale}){nullable}, value ${value}`,
  )
}
