/** When the request of spooled rows began: in a file's name, so that its bytes need no rewriting, or in each row. */
import { quoteName, quoteText } from '../duckdb/sql-text.ts'

/** `0~1763632500000000~.ndjson`: microseconds between two marks. */
export const nameWithInstant = (number: number, readAt: Date, ending: string): string =>
  `${number}${mark}${readAt.getTime() * 1000}${mark}.${ending}`

/** The instant that a file's name carries, as SQL. */
export const readAtSql = (file: string): string =>
  `make_timestamp(CAST(split_part(${file}, ${quoteText(mark)}, -2) AS BIGINT))`

/** The first member of each object of a file whose rows say it: `{"#read_at":1763632500000000,"id":…`. */
export const readAtField = '#read_at'

export const rowReadAtSql: string = `make_timestamp(${quoteName(readAtField)})`

/** The instant that a line carries, be the rest of it readable or not. */
export const lineReadAtSql = (line: string): string =>
  `make_timestamp(CAST(substr(${line}, ${stampBefore.length + 1}, instr(${line}, ',') - ${stampBefore.length + 1}) AS BIGINT))`

/** The line as it came. */
export const unstampedSql = (line: string): string => `'{' || substr(${line}, instr(${line}, ',') + 1)`

const mark = '~'
const stampBefore = `{"${readAtField}":`
