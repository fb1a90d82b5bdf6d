/** CREATE, ALTER and DROP, by what they are about. */
import { readAlterTable } from './alter-table.ts'
import { readComment } from './comment.ts'
import { readCreateOther, readDrop } from './other-objects.ts'
import { readCreateTable } from './create-table.ts'
import { readCreateView } from './create-view.ts'
import { replacesOrNot, unsupported } from '../snowflake-error.ts'
import type { Ddl } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readDdl(reader: TokenReader, t: Translation): Ddl | null {
  if (reader.takeWord('CREATE')) {
    const statement = readCreate(reader, t)
    if (statement.orReplace && statement.ifNotExists) throw replacesOrNot()
    return statement
  }
  if (reader.takeWord('DROP')) return readDrop(reader, t)
  if (reader.takeWord('ALTER', 'TABLE')) return readAlterTable(reader, t)
  if (reader.isWord('ALTER') && ['VIEW', 'SCHEMA', 'DATABASE', 'STAGE'].includes(reader.ahead(1).value))
    throw unsupported(`ALTER ${reader.ahead(1).value}`)
  if (reader.takeWord('COMMENT')) return readComment(reader, t)
  return null
}

function readCreate(reader: TokenReader, t: Translation): Ddl {
  const orReplace = reader.takeWord('OR', 'REPLACE')
  const words = { orReplace, temporary: false, transient: false, secure: false }
  for (;;) {
    if (reader.takeWord('LOCAL') || reader.takeWord('GLOBAL')) continue
    if (reader.takeWord('TEMPORARY') || reader.takeWord('TEMP') || reader.takeWord('VOLATILE')) words.temporary = true
    else if (reader.takeWord('TRANSIENT')) words.transient = true
    else if (reader.takeWord('SECURE')) words.secure = true
    else break
  }
  if (!words.secure && reader.takeWord('TABLE')) return readCreateTable(reader, t, words)
  if (reader.takeWord('VIEW')) return readCreateView(reader, t, words)
  return readCreateOther(reader, t, words)
}
