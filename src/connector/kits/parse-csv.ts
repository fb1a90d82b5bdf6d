import type { Row } from './read-steps.ts'

/** A header line, `""` quoting, any line ending; an empty cell is null, as staging reads it. RFC 4180. */
export function parseCsv(text: string): readonly Row[] {
  const [header = [], ...records] = splitRecords(text)
  return records.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] || null])))
}

function splitRecords(text: string): readonly (readonly string[])[] {
  const records: string[][] = []
  let record: string[] = []
  for (const [, quoted, plain = '', end] of text.matchAll(cell)) {
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  return records
}

const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/g
