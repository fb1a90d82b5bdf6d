import type { Bind } from '../sql/statement.ts'
import { recordOf, textOf, type JsonRecord } from '../wire/read-body.ts'

/** One row of binds, or with arrays several. */
export type BindRows = readonly (readonly Bind[])[]

/** `{"1": {"type": "TEXT", "value": "a"}}`; an array as the value is one value for each run of the statement. */
export function readBinds(body: JsonRecord): BindRows {
  const bindings = recordOf(body.bindings)
  const columns = Object.keys(bindings)
    .map(Number)
    .sort((one, other) => one - other)
    .map((position) => recordOf(bindings[String(position)]))
  const rows = Math.max(1, ...columns.map(({ value }) => (Array.isArray(value) ? value.length : 1)))
  return Array.from({ length: rows }, (_row, index) =>
    columns.map(({ type, value }) => ({
      type: textOf(type) ?? 'TEXT',
      value: cell(Array.isArray(value) ? (value as unknown[])[index] : value), // checked beside it
    })),
  )
}

const cell = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value)
