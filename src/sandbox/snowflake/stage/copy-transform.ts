import type { RunContext } from '../run/run-statement.ts'
import { unsupported } from '../sql/snowflake-error.ts'
import type { Column, CopySelect } from '../sql/statement.ts'
import type { FileSource } from './file-source.ts'

/** COPY INTO t FROM (SELECT $1:a::NUMBER … FROM @stage). */
export function transformSql(
  _context: RunContext,
  _select: CopySelect,
  _selection: { readonly columns: readonly Column[]; readonly source: FileSource },
): string {
  throw unsupported('COPY transform')
}
