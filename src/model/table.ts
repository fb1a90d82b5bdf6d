import type { LogicalType } from './logical-type.ts'

export type Column = { readonly name: string; readonly type: LogicalType }

/** A table as the warehouse has it, or as a stream wants it. Names are the warehouse's own, already in snake_case. */
export type Table = {
  readonly schema: string
  readonly name: string
  readonly columns: readonly Column[]
}

/** What a stream's table carries beside the vendor's columns. Timestamps are UTC. */
export const metaColumns = [
  { name: '_synced_at', type: 'timestamp' },
  { name: '_read_at', type: 'timestamp' },
  { name: '_version', type: 'timestamp' },
  { name: '_run_id', type: 'string' },
  { name: '_deleted_at', type: 'timestamp' },
] as const satisfies readonly Column[]

export const isMeta = (name: string): boolean => metaColumns.some((column) => column.name === name)

export type SchemaChange =
  | { readonly kind: 'table_created'; readonly table: string }
  | { readonly kind: 'column_added'; readonly table: string; readonly column: string; readonly type: LogicalType }
  | {
      readonly kind: 'column_widened'
      readonly table: string
      readonly column: string
      readonly from: LogicalType
      readonly to: LogicalType
      /** The warehouse cannot do it in place: every row of the column is written anew. @default in place */
      readonly migrate?: true
    }
