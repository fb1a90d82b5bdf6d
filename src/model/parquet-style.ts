/** How staging writes the Parquet files that a warehouse takes. */
export type ParquetStyle = {
  /** JSON is marked as such, or plain text: not every warehouse knows Parquet's own mark for it. */
  readonly json: 'json' | 'text'
  readonly compression: 'lz4_raw' | 'zstd'
  /** A group of rows ends past either. */
  readonly rowsInGroup: number
  /** Before compression; null: the rows alone say it. */
  readonly bytesInGroup: number | null
}
