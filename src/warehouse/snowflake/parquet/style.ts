import type { ParquetStyle } from '../../../model/parquet-style.ts'

/** Goes over a network, and is joined without being read. */
export const snowflakeParquet: ParquetStyle = {
  json: 'text',
  compression: 'zstd',
  rowsInGroup: 122_880,
  bytesInGroup: 8 * 1024 * 1024,
}
