import type { Json, JsonObject } from 'millrace'
import { renderDecimal, renderDouble } from './decimal.ts'
import { isDecimal, type Field } from './field.ts'
import { employeesPerSite } from './formula.ts'
import type { Records } from './records.ts'
import { valueAt, type Found } from './soql-run.ts'

/**
 * A page of a query job's results: the header each time, every cell in quotes, nothing in them where there is nothing.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm
 */
export function renderCsv(store: Records, { columns, rows }: Pick<Found, 'columns' | 'rows'>): string {
  const names = columns.map(({ lookups, field }) =>
    [...lookups.map((lookup) => lookup.relationshipName ?? lookup.name), field.name].join('.'),
  )
  const lines = [csvRecord(names)]
  for (const row of rows)
    lines.push(csvRecord(columns.map((column) => cellOf(column.field, valueAt(store, column, row), row))))
  return lines.join('')
}

function cellOf(field: Field, value: Json, row: JsonObject): string {
  if (field.calculatedFormula !== null) {
    const formula = employeesPerSite(row)
    return formula === null ? '' : renderDouble(formula)
  }
  if (value === null) return ''
  if (field.type === 'anyType') return historyCell(row, value)
  if (isDecimal(field.type) && typeof value === 'string') return renderDecimal(value)
  return String(value)
}

function historyCell(row: JsonObject, value: Json): string {
  const type = String(row['DataType'])
  if (typeof value === 'string' && ['Currency', 'Double', 'Percent'].includes(type)) return renderDecimal(value)
  return typeof value === 'number' ? renderDouble(value) : String(value)
}

/** The vendor quotes every cell. */
export const csvRecord = (cells: readonly string[]) =>
  `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`
