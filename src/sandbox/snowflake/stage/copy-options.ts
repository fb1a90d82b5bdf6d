import { compilationError, unsupported } from '../sql/snowflake-error.ts'
import type { Copy } from '../sql/statement.ts'
import { isTrue, type FileFormat } from './file-source.ts'

/** What does not go together. @throws SnowflakeError */
export function checkCopyOptions({ options, from, columns }: Copy, format: FileFormat): void {
  const match = options.MATCH_BY_COLUMN_NAME ?? 'NONE'
  if (match !== 'NONE' && from.select)
    throw compilationError('002020', '0A000', 'MATCH_BY_COLUMN_NAME is not supported with copy transform.')
  if (match !== 'NONE' && columns)
    throw compilationError('002020', '0A000', 'MATCH_BY_COLUMN_NAME is not supported with a list of columns.')
  const onError = options.ON_ERROR ?? 'ABORT_STATEMENT'
  if (onError !== 'ABORT_STATEMENT' && onError !== 'SKIP_FILE') throw unsupported(`ON_ERROR = ${onError}`)
  if (isTrue(format.USE_VECTORIZED_SCANNER) && format.TYPE !== 'PARQUET')
    throw compilationError('001008', '22023', "invalid value [TRUE] for parameter 'USE_VECTORIZED_SCANNER'")
}
