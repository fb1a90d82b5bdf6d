/** When the request of a spooled file began, in the file's name: its bytes need no rewriting. */
import { quoteText } from '../duckdb/sql-text.ts'

/** `0~1763632500000000~.ndjson`: microseconds between two marks. */
export const nameWithInstant = (number: number, readAt: Date, ending: string): string =>
  `${number}${mark}${readAt.getTime() * 1000}${mark}.${ending}`

/** The instant that a file's name carries, as SQL. */
export const readAtSql = (file: string): string =>
  `make_timestamp(CAST(split_part(${file}, ${quoteText(mark)}, -2) AS BIGINT))`

const mark = '~'
