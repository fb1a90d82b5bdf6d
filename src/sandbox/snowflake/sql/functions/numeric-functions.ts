/** https://docs.snowflake.com/en/sql-reference/functions-numeric */
import { calculate } from '../translate-arithmetic.ts'
import { type DataType, duckdbType, floatType, numberType } from '../data-type.ts'
import { datePart } from './date-part.ts'
import { ofFloats, type Rules, scalar } from './function-rule.ts'
import { typed, type Typed } from '../typed.ts'
import type { CallSite } from '../call-site.ts'

export const numericFunctions: Rules = [
  scalar('ABS', 1, 1, (call) => typed(`abs(${call.numeric(0).sql})`, call.numeric(0).type)),
  scalar('CEIL CEILING', 1, 2, (call) => stepped(call, 'ceil')),
  scalar('FLOOR', 1, 2, (call) => stepped(call, 'floor')),
  scalar('ROUND', 1, 2, (call) => rounded(call, 'round')),
  scalar('TRUNC TRUNCATE', 1, 2, (call) =>
    call.value(0).type.kind === 'DATE' || call.value(0).type.kind.startsWith('TIMESTAMP')
      ? truncatedDate(call)
      : rounded(call, 'trunc'),
  ),
  scalar('MOD', 2, 2, (call) => calculate(call.t, '%', call.numeric(0), call.numeric(1), call.place)),
  scalar('SIGN', 1, 1, (call) => typed(`sign(${call.numeric(0).sql})`, numberType(1, 0))),
  scalar('BITAND', 2, 2, (call) => typed(`(${call.integer(0)} & ${call.integer(1)})`, numberType())),
  scalar('BITOR', 2, 2, (call) => typed(`(${call.integer(0)} | ${call.integer(1)})`, numberType())),
  scalar('BITXOR', 2, 2, (call) => typed(`xor(${call.integer(0)}, ${call.integer(1)})`, numberType())),
  scalar('RANDOM', 0, 1, () => typed(`CAST((random() - 0.5) * 18446744073709551615 AS BIGINT)`, numberType(19, 0))),
  scalar('UNIFORM', 3, 3, (call) =>
    typed(
      `CAST(floor(${call.float(0)} + random() * (${call.float(1)} - ${call.float(0)} + 1)) AS BIGINT)`,
      numberType(),
    ),
  ),
  scalar('PI', 0, 0, () => typed('pi()', floatType)),
  ofFloats('SQRT', 1, (x) => `sqrt(${x})`),
  ofFloats('CBRT', 1, (x) => `cbrt(${x})`),
  ofFloats('EXP', 1, (x) => `exp(${x})`),
  ofFloats('LN', 1, (x) => `ln(${x})`),
  ofFloats('LOG', 2, (base, x) => `(ln(${x}) / ln(${base}))`),
  ofFloats('POW POWER', 2, (x, y) => `pow(${x}, ${y})`),
  ofFloats('SQUARE', 1, (x) => `sf_square(${x})`),
  ofFloats('SIN', 1, (x) => `sin(${x})`),
  ofFloats('COS', 1, (x) => `cos(${x})`),
  ofFloats('TAN', 1, (x) => `tan(${x})`),
  ofFloats('ATAN2', 2, (y, x) => `atan2(${y}, ${x})`),
  ofFloats('RADIANS', 1, (x) => `radians(${x})`),
  ofFloats('DEGREES', 1, (x) => `degrees(${x})`),
]

function stepped(call: CallSite, word: string): Typed {
  const { sql, type } = call.numeric(0)
  const places = call.places(1)
  if (type.kind !== 'NUMBER')
    return typed(places === 0 ? `${word}(${sql})` : `(${word}(${sql} * 1e${places}) / 1e${places})`, type)
  const scale = Math.max(Math.min(type.scale, places), 0)
  if (places >= type.scale) return typed(sql, type)
  const to = numberType(type.precision - type.scale + scale + 1, scale)
  if (places === 0) return typed(`CAST(${word}(${sql}) AS ${duckdbType(to)})`, to)
  return typed(
    `CAST(${word}(CAST(${sql} AS DECIMAL(38,${type.scale})) * 1e${places}) / 1e${places} AS ${duckdbType(to)})`,
    to,
  )
}

/** Half away from zero, for a NUMBER of any size. */
function rounded(call: CallSite, word: 'round' | 'trunc'): Typed {
  const { sql, type } = call.numeric(0)
  const places = call.places(1)
  if (type.kind !== 'NUMBER')
    return typed(
      word === 'round' ? `round(${sql}, ${places})` : `(trunc(${sql} * 1e${places}) / 1e${places})`,
      floatType,
    )
  if (places >= type.scale) return typed(sql, type)
  const scale = Math.max(places, 0)
  const to: DataType = numberType(type.precision - type.scale + scale + 1, scale)
  if (word === 'round' && places >= 0) return typed(`CAST(${sql} AS ${duckdbType(numberType(38, scale))})`, to)
  const decimal = `CAST(${sql} AS DECIMAL(38,${type.scale}))`
  if (word === 'round') return typed(`CAST(round(${decimal}, ${places}) AS ${duckdbType(to)})`, to)
  if (places <= 0) {
    const unit = `1${'0'.repeat(-places)}`
    return typed(`CAST(CAST(trunc(${decimal}) AS HUGEINT) // ${unit} * ${unit} AS ${duckdbType(to)})`, to)
  }
  // Cut in the text: no arithmetic, no rounding.
  return typed(`CAST(left(CAST(${decimal} AS VARCHAR), -${type.scale - places}) AS ${duckdbType(to)})`, to)
}

function truncatedDate(call: CallSite): Typed {
  const { sql, type } = call.moment(0)
  return typed(`CAST(date_trunc('${datePart(call, 1)}', ${sql}) AS ${duckdbType(type)})`, type)
}
