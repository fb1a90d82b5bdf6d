/** What every statement of DDL has in common. */
import type { Ddl, ObjectName } from '../statement.ts'

export const ddl = (
  parts: Pick<Ddl, 'verb' | 'objectKind' | 'name' | 'message'> & Partial<Omit<Ddl, 'kind'>>,
): Ddl => ({
  kind: 'ddl',
  sql: [],
  orReplace: false,
  ifExists: false,
  ifNotExists: false,
  temporary: false,
  transient: false,
  columns: null,
  text: null,
  comment: null,
  renamedTo: null,
  reads: [],
  rowsFrom: null,
  checks: [],
  options: {},
  ...parts,
})

export const done = 'Statement executed successfully.'

export const databaseName = (name: string): ObjectName => ({ database: null, schema: null, name })
