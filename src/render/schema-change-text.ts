import type { SchemaChange } from '../model/table.ts'

/** `account: new column region (string)` */
export function schemaChangeText(change: SchemaChange): string {
  switch (change.kind) {
    case 'table_created':
      return `${change.table}: new table`
    case 'column_added':
      return `${change.table}: new column ${change.column} (${change.type})`
    case 'column_widened':
      return `${change.table}: column ${change.column} widened, ${change.from} → ${change.to}`
    default:
      return change satisfies never
  }
}
