import type { Column } from '../../model/table.ts'
import { snowflakeDialect as dialect } from './dialect.ts'

/** What a table of the session's own that stands in for another is made of: its rows, and null in columns that it does not have yet. */
export function standInRows(columns: readonly Column[], other: { at: string; standing: readonly Column[] }): string {
  const cells = columns.map(({ name, type }) => {
    const was = other.standing.find((each) => each.name === name)
    const cell = was ? dialect.converted(dialect.quote(name), was.type, type) : `CAST(NULL AS ${dialect.type(type)})`
    return `${cell} AS ${dialect.quote(name)}`
  })
  return `SELECT ${cells.join(', ')} FROM ${other.standing.length > 0 ? other.at : '(SELECT 1) WHERE FALSE'}`
}
