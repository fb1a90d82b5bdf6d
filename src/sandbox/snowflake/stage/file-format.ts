import type { RunContext } from '../run/run-statement.ts'
import { keyOf } from '../run/catalog.ts'
import { completeName } from '../account/statement-words.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { FileFormat } from './file-source.ts'
import type { Stage } from './stage-directory.ts'

/** The statement's own, a named one, or the stage's. Unquoted words are folded already. */
export function formatOf({ service, session }: RunContext, format: FileFormat, stage: Stage): FileFormat {
  const name = format.FORMAT_NAME
  if (name !== undefined) {
    const full = completeName(name.replaceAll('"', '').split('.'), 'FILE_FORMAT', session)
    const known = session.temporary.get(keyOf('file_format', full)) ?? service.catalog.get('file_format', full)
    if (!known) throw objectMissing(name, 'File format')
    return known.options
  }
  return Object.keys(format).length > 0 ? format : stage.options
}
