/** Binds, and variables of a session or a block, as constants. */
import { castExplicitly } from './cast.ts'
import { booleanType, floatType, isSemi, readType } from './data-type.ts'
import { errorAt, invalidIdentifier, snowflakeError } from './snowflake-error.ts'
import { nullValue, numberConstant, textConstant, typed, type Typed } from './typed.ts'
import type { Translation } from './translation.ts'

export function bindValue(t: Translation, index: number): Typed {
  const bind = t.context.binds[index]
  if (!bind)
    throw snowflakeError(
      '002049',
      '42601',
      `SQL compilation error: error line 1 at position 0\nBind variable ? not set.`,
    )
  const { type, value } = bind
  if (value === null) return nullValue
  switch (type.toUpperCase()) {
    case 'FIXED':
      return numberConstant(value)
    case 'REAL':
      return typed(`CAST('${Number(value)}' AS DOUBLE)`, floatType)
    case 'BOOLEAN':
      return typed(/^(true|1)$/i.test(value) ? 'TRUE' : 'FALSE', booleanType)
    case 'DATE':
      return constantOf(t, 'DATE', /^-?\d+$/.test(value) ? new Date(Number(value)).toISOString().slice(0, 10) : value)
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return constantOf(t, `${type.toUpperCase()}(9)`, /^-?\d+$/.test(value) ? fromNanoseconds(value) : value)
    case 'BINARY':
      return constantOf(t, 'BINARY', value)
    default:
      return textConstant(value)
  }
}

function fromNanoseconds(value: string): string {
  const all = BigInt(value)
  const milliseconds = all / 1_000_000n
  return `${new Date(Number(milliseconds)).toISOString().slice(0, 19)}.${String(all % 1_000_000_000n).padStart(9, '0')}`
}

export function variableValue(
  t: Translation,
  kind: 'variable' | 'session_variable',
  name: string,
  offset: number,
): Typed {
  const variable = (kind === 'variable' ? t.context.variables : t.context.sessionVariables)?.get(name)
  if (!variable) {
    const place = t.place(offset)
    if (kind === 'session_variable')
      throw errorAt('002211', '02000', place, `Session variable '$${name}' does not exist`)
    throw invalidIdentifier(name, place)
  }
  return variable.value === null ? typed('NULL', readType(variable.type)) : constantOf(t, variable.type, variable.value)
}

function constantOf(t: Translation, type: string, value: string): Typed {
  const to = readType(type)
  if (to.kind === 'NUMBER') return { ...castExplicitly(t, numberConstant(value), to, noPlace), constant: value }
  if (to.kind === 'BOOLEAN') return typed(/^true$/i.test(value) ? 'TRUE' : 'FALSE', to)
  if (isSemi(to)) return typed(`CAST(${textConstant(value).sql} AS JSON)`, to)
  return castExplicitly(t, textConstant(value), to, noPlace)
}

const noPlace = { line: 1, position: 0 }
