/** The columns that the session tells of, as an expression sees them. */
import { encoded } from './names.ts'
import { readType } from './data-type.ts'
import type { Column } from './statement.ts'
import type { RelationColumn } from './scope.ts'

export const columnsOf = (columns: readonly Column[]): readonly RelationColumn[] =>
  columns.map(({ name, type }) => ({ name, sql: encoded(name), type: readType(type) }))
