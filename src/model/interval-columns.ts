import type { Column } from './table.ts'

/**
 * What a table of mode `scd2` carries beside the meta columns: a row is what held in [valid_from, valid_to). A vendor's field
 * of such a name gives way, as one that has the name of a meta column does.
 */
export const intervalColumns = [
  { name: 'valid_from', type: 'timestamp' },
  { name: 'valid_to', type: 'timestamp' },
  { name: 'is_current', type: 'boolean' },
] as const satisfies readonly Column[]

export const isInterval = (name: string): boolean => intervalColumns.some((column) => column.name === name)
