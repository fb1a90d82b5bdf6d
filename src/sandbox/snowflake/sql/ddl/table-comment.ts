/** What DuckDB's types do not tell is kept in the table's comment; setup-catalogue.ts reads it. */
import { quoteText } from '../../../../duckdb/sql-text.ts'
import { isTold } from './column-definition.ts'
import { readType } from '../data-type.ts'
import type { Column } from '../statement.ts'

export type TableProperties = {
  readonly comment?: string | null
  readonly transient?: boolean
  readonly text?: string
  /** When. @default not known */
  readonly at?: Date | undefined
}

export function commentSql(
  kind: 'TABLE' | 'VIEW',
  relation: string,
  columns: readonly Column[],
  properties: TableProperties,
): readonly string[] {
  // A view's columns have whatever type their expressions have in DuckDB.
  const untold = columns.filter(({ type }) => kind === 'VIEW' || !isTold(readType(type)))
  const types = Object.fromEntries(untold.map(({ name, type }) => [name, type]))
  const content = {
    ...(untold.length > 0 ? { types } : {}),
    ...(typeof properties.comment === 'string' ? { comment: properties.comment } : {}),
    ...(properties.transient === true ? { transient: true } : {}),
    ...(properties.text === undefined ? {} : { text: properties.text }),
    ...(properties.at === undefined ? {} : { ddl: properties.at.toISOString() }),
  }
  const text = Object.keys(content).length === 0 ? 'NULL' : quoteText(JSON.stringify(content).replaceAll('\0', ''))
  return [`COMMENT ON ${kind} ${relation} IS ${text}`]
}
