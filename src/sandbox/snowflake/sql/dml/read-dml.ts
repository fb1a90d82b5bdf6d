import { readDelete } from './delete.ts'
import { readInsert } from './insert.ts'
import { readMerge } from './merge.ts'
import { readTruncate } from './truncate.ts'
import { readUpdate } from './update.ts'
import type { Dml } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readDml(reader: TokenReader, t: Translation): Dml | null {
  if (reader.isWord('INSERT')) return readInsert(reader, t)
  if (reader.isWord('UPDATE')) return readUpdate(reader, t)
  if (reader.isWord('DELETE')) return readDelete(reader, t)
  if (reader.isWord('MERGE')) return readMerge(reader, t)
  if (reader.isWord('TRUNCATE')) return readTruncate(reader, t)
  return null
}
