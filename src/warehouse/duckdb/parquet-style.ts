import type { ParquetStyle } from '../../model/parquet-style.ts'

/** Read at once, by several threads where it stands in several groups; a group is held in memory while it is written. */
export const duckdbParquet: ParquetStyle = {
  json: 'json',
  compression: 'lz4_raw',
  rowsInGroup: 10_240,
  bytesInGroup: null,
}
