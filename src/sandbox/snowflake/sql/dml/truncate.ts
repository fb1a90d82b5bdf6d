import { completeName, knownColumns, storedSql } from '../object-name.ts'
import { dml } from './dml.ts'
import { readNamePath } from '../read-name.ts'
import type { Dml } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readTruncate(reader: TokenReader, t: Translation): Dml {
  reader.expectWord('TRUNCATE')
  reader.takeWord('TABLE')
  const ifExists = reader.takeWord('IF', 'EXISTS')
  const path = readNamePath(reader)
  const target = completeName(t.context, path)
  const isThere = t.context.columnsOf(target) !== null
  if (!ifExists) knownColumns(t.context, target, path, 'Table')
  const sql = isThere ? [`DELETE FROM ${storedSql(t.context, target)}`] : []
  return dml({ verb: 'truncate', target, reads: [], overwrite: true, sql })
}
