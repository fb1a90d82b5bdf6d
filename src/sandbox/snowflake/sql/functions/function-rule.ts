/** What a function takes and how it is translated. */
import type { CallSite } from '../call-site.ts'
import { floatType, type DataType } from '../data-type.ts'
import { typed, type Typed } from '../typed.ts'

export type FunctionRule = {
  readonly least: number
  readonly most: number
  readonly kind: 'scalar' | 'aggregate' | 'window'
  /** The window must have an ORDER BY. */
  readonly ordered?: boolean
  readonly wholeFrame?: boolean
  readonly translate: (call: CallSite) => Typed
}

export type Rules = readonly (readonly [names: string, rule: FunctionRule])[]

export const scalar = (names: string, least: number, most: number, translate: FunctionRule['translate']) =>
  [names, { least, most, kind: 'scalar', translate }] as const

export const aggregate = (names: string, least: number, most: number, translate: FunctionRule['translate']) =>
  [names, { least, most, kind: 'aggregate', translate }] as const

export const windowOnly = (
  names: string,
  least: number,
  most: number,
  translate: FunctionRule['translate'],
  more: Pick<FunctionRule, 'ordered' | 'wholeFrame'> = { ordered: true },
) => [names, { least, most, kind: 'window', translate, ...more }] as const

/** A function of texts only. */
export const ofTexts = (
  names: string,
  least: number,
  most: number,
  type: DataType,
  sql: (...texts: string[]) => string,
) => scalar(names, least, most, (call) => typed(sql(...call.values.map((_, index) => call.text(index))), type))

/** A function of floats only. */
export const ofFloats = (names: string, count: number, sql: (...floats: string[]) => string) =>
  scalar(names, count, count, (call) => typed(sql(...call.values.map((_, index) => call.float(index))), floatType))
