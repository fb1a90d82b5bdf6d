import { relationSql, temporarySql } from '../sql/names.ts'
import type { ObjectName } from '../sql/statement.ts'
import { keyOf } from './catalog.ts'
import type { RunContext } from './run-statement.ts'

/** A table in DuckDB: the session's temporary one, or everybody's. */
export const relationOf = ({ session }: Pick<RunContext, 'session'>, name: ObjectName): string =>
  session.temporary.has(keyOf('relation', name)) ? temporarySql(name) : relationSql(name)
