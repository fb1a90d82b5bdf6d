import type { Table } from '../model/table.ts'
import type { StagedColumn } from '../staging/staged-column.ts'

/** What becomes of a stream's rows: their table, and which field goes into which column. */
export type TableShape = {
  readonly table: Table
  readonly columns: readonly StagedColumn[]
  /** Column names of the key. */
  readonly key: readonly string[]
}

/** undefined: the field is not loaded. */
export const columnOf = ({ columns }: TableShape, field: string): string | undefined =>
  columns.find((column) => column.field === field)?.column
