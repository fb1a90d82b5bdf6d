import { isMeta, metaColumns } from '../../model/table.ts'
import type { EtlSession } from '../port.ts'
import { isAnyIn } from './count-in.ts'
import type { Engine } from './engine.ts'

/**
 * Only what is later counts: what comes with the column's value is left out as stale by it. A row without a value has the time of
 * its request, and one that is deleted may have the time at which it went.
 */
export async function holdsOtherVersions(
  db: Engine,
  { table, column }: Parameters<EtlSession['holdsOtherVersions']>[0],
): Promise<boolean> {
  if (table.columns.filter(({ name }) => isMeta(name)).length < metaColumns.length) return false
  const stored = table.columns.find(({ name }) => name === column)
  // Numbers and texts are versions, too; what instant they are is for staging to say.
  if (stored && stored.type !== 'timestamp') return false
  const later = stored ? ` AND _version > ${db.quote(column)}` : ''
  return isAnyIn(db, `${db.relation(table.schema, table.name)} WHERE _deleted_at IS NULL${later}`)
}
