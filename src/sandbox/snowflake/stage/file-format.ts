import type { RunContext } from '../run/run-statement.ts'
import { keyOf } from '../run/catalog.ts'
import { checkObject, checkSeen } from '../account/check-rights.ts'
import { completeName } from '../account/statement-words.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { FileFormat } from './file-source.ts'
import type { Stage } from './stage-directory.ts'

/** The statement's own, a named one, or the stage's. Unquoted words are folded already. */
export function formatOf(context: RunContext, format: FileFormat, stage: Stage): FileFormat {
  const { service, session } = context
  const name = format.FORMAT_NAME
  if (name !== undefined) {
    const full = completeName(name.replaceAll('"', '').split('.'), 'FILE_FORMAT', session)
    const own = session.temporary.get(keyOf('file_format', full))
    const known = own ?? service.catalog.get('file_format', full)
    if (!known) throw objectMissing(name, 'File format')
    if (!own) {
      checkSeen(context, full)
      checkObject(context, ['USAGE'], 'FILE_FORMAT', full)
    }
    return known.options
  }
  return Object.keys(format).length > 0 ? format : stage.options
}
