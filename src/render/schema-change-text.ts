import type { SchemaChange } from '../model/table.ts'

/** `account: new column region (string)` */
export function schemaChangeText(change: SchemaChange): string {
  switch (change.kind) {
    case 'table_created':
      return `${change.table}: new table`
    case 'column_added':
      return `${change.table}: new column ${change.column} (${change.type})`
    case 'column_widened':
      return `${change.table}: column ${change.column} ${change.migrate ? 'migrated' : 'widened'}, ${change.from} → ${change.to}`
    default:
      return change satisfies never
  }
}

/** What a planned migration means for whoever else is there; nothing for all other changes. */
export const migrationLines = (change: SchemaChange): readonly string[] =>
  change.kind === 'column_widened' && change.migrate
    ? [
        'The warehouse cannot change this type in place: the next run writes every row of the column anew, in a column',
        'beside it that then takes its name. Until that is done, a load or a model that names the column fails and changes',
        'nothing, and works again afterwards. A run that is killed half way is put right by the next one.',
      ]
    : []
