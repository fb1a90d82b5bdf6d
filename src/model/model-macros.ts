/** What a model may say between double braces beside source and ref: one function per macro, and per warehouse. */
import type { LogicalType } from './logical-type.ts'

/** SQL text goes in, SQL text comes out; what it gives is the same on every warehouse (docs/models.md). */
export type ModelMacros = {
  /** A timestamp. Months and years end at the last day that there is. */
  readonly dateadd: (unit: TimeUnit, count: string, moment: string) => string
  /** How many boundaries of the unit lie between; weeks begin on Monday. */
  readonly datediff: (unit: TimeUnit, from: string, to: string) => string
  /** A text, a number's digits or true and false; null of anything else, and where there is nothing. */
  readonly jsonText: (json: string, path: JsonPath) => string
  /** JSON: a null of JSON is one, and where there is nothing is SQL's null. */
  readonly jsonValue: (json: string, path: JsonPath) => string
  /** A table of `value` and `index`, a row per item of a list. */
  readonly flatten: (list: string) => string
  /** Of a text; null where the text does not hold exactly such a value. */
  readonly tryCast: (text: string, type: LogicalType) => string
  /** Of two whole numbers, exact and cut towards zero; null by zero. A decimal(38,0). */
  readonly div: (dividend: string, divisor: string) => string
  /** UTC, without a zone. */
  readonly currentTimestamp: () => string
  readonly currentDate: () => string
}

export type TimeUnit = (typeof timeUnits)[number]

export const timeUnits = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
] as const

/** Names of fields, and positions in lists from 0 on. */
export type JsonPath = readonly (string | number)[]
