import { shownName, shownPart } from '../sql/names.ts'
import { readStatement } from '../sql/read-statement.ts'
import { compilationError, objectMissing, SnowflakeError } from '../sql/snowflake-error.ts'
import type { Column, ObjectName, SqlContext } from '../sql/statement.ts'
import type { CatalogObject } from './catalog.ts'

/**
 * The columns that the query of a view gives now; null of a table. `isReadable`: whether the view's owner may still read what it
 * reads, for a view is read with its owner's rights.
 */
export function viewColumns(
  found: CatalogObject | undefined,
  context: SqlContext,
  isReadable: (view: ObjectName, table: ObjectName) => boolean,
): readonly Column[] | null {
  if (found?.kind !== 'view' || found.text === null) return null
  const { name, text } = found
  // As if it were made now: then it is not there yet.
  const columnsOf = (other: ObjectName) => (isSame(other, name) ? null : context.columnsOf(other))
  try {
    const statement = readStatement(text, { ...context, ...placeOf(name), binds: [], columnsOf })
    if (statement.kind !== 'ddl') return null
    const hidden = statement.reads.find((table) => !isReadable(name, table))
    if (hidden) throw objectMissing(shownName(hidden))
    return statement.columns
  } catch (error) {
    if (!(error instanceof SnowflakeError)) throw error
    throw compilationError(
      '002037',
      '42601',
      `Failure during expansion of view '${shownPart(name.name)}': ${error.message}`,
    )
  }
}

// Its statement may name it as it was named then.
const placeOf = ({ database, schema }: ObjectName) => ({ database, schema })

const isSame = (one: ObjectName, other: ObjectName): boolean =>
  one.name === other.name && one.schema === other.schema && one.database === other.database
