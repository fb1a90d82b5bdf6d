/** A call that is being translated: its arguments as the function wants them. */
import { coerce } from './cast.ts'
import { booleanType, type DataType, floatType, isTimestamp, numberType, showType, timestampNtz } from './data-type.ts'
import { errorAt, invalidArgumentTypes, type Place, type SnowflakeError, unsupported } from './snowflake-error.ts'
import { toText } from './to-text.ts'
import { orderSql } from './order-sql.ts'
import { nullValue, type Typed } from './typed.ts'
import type { Call } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'

export class CallSite {
  readonly t: Translation
  readonly node: Call & { readonly start: number; readonly end: number }
  readonly scope: Scope
  /** ` OVER (…)`, or nothing. */
  readonly over: string
  readonly #values = new Map<number, Typed>()

  constructor(t: Translation, node: CallSite['node'], scope: Scope, over: string) {
    this.t = t
    this.node = node
    this.scope = scope
    this.over = over
  }

  get count(): number {
    return this.node.args.length
  }

  get place(): Place {
    return this.t.place(this.node.start)
  }

  get distinct(): string {
    return this.node.distinct ? 'DISTINCT ' : ''
  }

  /** WITHIN GROUP (ORDER BY …), as DuckDB has it inside the call. */
  get order(): string {
    return this.node.withinGroup === null ? '' : ` ORDER BY ${orderSql(this.t, this.node.withinGroup, this.scope)}`
  }

  value(index: number): Typed {
    const known = this.#values.get(index)
    if (known) return known
    const expression = this.node.args[index]
    const value = expression ? this.t.expression(expression, this.scope) : nullValue
    this.#values.set(index, value)
    return value
  }

  get values(): readonly Typed[] {
    return this.node.args.map((_, index) => this.value(index))
  }

  as(index: number, type: DataType): string {
    return coerce(this.t, this.value(index), type).sql
  }

  text(index: number): string {
    const value = this.value(index)
    if (value.type.kind === 'BINARY' || value.type.kind === 'OBJECT' || value.type.kind === 'ARRAY')
      throw this.wrongTypes()
    return toText(this.t, value)
  }

  /** A whole number, as DuckDB's functions want it. */
  integer(index: number): string {
    const { constant, type } = this.value(index)
    if (type.kind === 'NUMBER' && constant !== undefined && /^-?\d{1,9}$/.test(constant)) return constant
    return `CAST(${this.as(index, numberType())} AS BIGINT)`
  }

  float(index: number): string {
    return this.as(index, floatType)
  }

  boolean(index: number): string {
    return this.as(index, booleanType)
  }

  momentOrTime(index: number): Typed {
    return this.value(index).type.kind === 'TIME' ? this.value(index) : this.moment(index)
  }

  /** A date or a timestamp; a text is read as a timestamp. */
  moment(index: number): Typed {
    const value = this.value(index)
    if (value.type.kind === 'DATE' || isTimestamp(value.type)) return value
    if (value.type.kind !== 'VARCHAR' && value.type.kind !== 'VARIANT' && value.type.kind !== 'NULL')
      throw this.wrongTypes()
    return coerce(this.t, value, timestampNtz())
  }

  numeric(index: number): Typed {
    const value = this.value(index)
    if (value.type.kind === 'NUMBER' || value.type.kind === 'FLOAT') return value
    if (value.type.kind === 'NULL') return { sql: 'NULL', type: numberType(1, 0) }
    if (value.type.kind === 'VARCHAR') return coerce(this.t, value, numberType(18, 5))
    if (value.type.kind === 'VARIANT') return coerce(this.t, value, floatType)
    throw this.wrongTypes()
  }

  /** A text that has to stand there. */
  constant(index: number): string {
    const { constant } = this.value(index)
    if (constant === undefined)
      throw unsupported(`${this.node.name} with an argument ${index + 1} that is not constant`)
    return constant
  }

  /** The word of a date part: bare or quoted. */
  word(index: number): string {
    const expression = this.node.args[index]
    if (expression?.kind === 'string') return expression.text.toLowerCase()
    const [part] = expression?.kind === 'column' ? expression.parts : []
    if (expression?.kind !== 'column' || expression.parts.length !== 1 || !part)
      throw errorAt(
        '001003',
        '42000',
        this.place,
        `'${expression ? this.t.text(expression) : ''}' is not a valid date/time component.`,
      )
    return part.value.toLowerCase()
  }

  /** A number of digits that has to stand there; 0 where it is left out. */
  places(index: number): number {
    if (this.count <= index) return 0
    const { constant, type } = this.value(index)
    if (type.kind !== 'NUMBER') throw this.wrongTypes()
    if (constant === undefined || !/^-?\d{1,2}$/.test(constant))
      throw unsupported(`${this.node.name} with an argument ${index + 1} that is not constant`)
    return Number(constant)
  }

  wrongTypes(): SnowflakeError {
    return invalidArgumentTypes(
      this.node.name,
      this.values.map(({ type }) => showType(type)),
      this.place,
    )
  }
}
