import { isUtf8 } from 'node:buffer'
import { MillraceError } from 'millrace'
import { composeParts, type Compound } from './compound.ts'
import { formatRecord, parseCsv } from './csv.ts'
import { longRecordId } from './record-id.ts'

/**
 * The bytes of a results page as they pass to a file: records are counted, the first and last Id noted, and compound
 * columns appended that are made of their parts. Holds no more than a record and a chunk.
 */
export type CsvPage = {
  /** What goes to the file for these bytes. */
  readonly take: (chunk: Uint8Array) => Uint8Array
  /** @throws MillraceError MR-3005 where the page ends within a record */
  readonly end: () => CsvSummary
}

export type CsvSummary = { readonly rows: number; readonly firstId: string; readonly lastId: string }

export function openCsvPage(columns: readonly string[], compounds: readonly Compound[]): CsvPage {
  /** The beginning of a row whose end has not come yet. */
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let isQuoted = false
  let header: readonly string[] | null = null
  let rows = 0
  let firstId = ''
  let lastRecord: Uint8Array = nothing

  const idOf = (record: Uint8Array) => {
    const cell = firstRecord(record)[header?.indexOf('Id') ?? 0] ?? ''
    if (!longRecordId.test(cell)) throw malformed('a row without its Id')
    return cell
  }

  /** `ends`: behind each record of `bytes`. */
  function passOn(bytes: Uint8Array, ends: readonly number[]): Uint8Array {
    if (!isUtf8(bytes)) throw malformed('its bytes are not UTF-8')
    let start = 0
    const [headerEnd] = ends
    let records = ends
    const parts: Uint8Array[] = []
    if (header === null && headerEnd !== undefined) {
      header = readHeader(bytes.subarray(0, headerEnd), columns)
      start = headerEnd
      records = ends.slice(1)
      parts.push(Buffer.from(formatRecord([...header, ...compounds.map(({ name }) => name)])))
    }
    const [firstEnd] = records
    if (firstEnd === undefined) return parts[0] ?? nothing
    if (rows === 0) firstId = idOf(bytes.subarray(start, firstEnd))
    rows += records.length
    lastRecord = bytes.slice(records.at(-2) ?? start, records.at(-1))
    if (compounds.length === 0) return parts[0] ? Buffer.concat([parts[0], bytes.subarray(start)]) : bytes
    for (const end of records) {
      parts.push(bytes.subarray(start, end - 1), appended(bytes.subarray(start, end), header ?? [], compounds))
      start = end
    }
    return Buffer.concat(parts)
  }

  return {
    take(chunk) {
      const ends: number[] = []
      // A doubled quote within quotes closes and opens again: the same in the end.
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i]
        if (byte === quote) isQuoted = !isQuoted
        else if (byte === newline && !isQuoted) ends.push(pendingBytes + i + 1)
      }
      // Copied: the chunk's memory is its sender's.
      pending.push(chunk.slice())
      pendingBytes += chunk.length
      const whole = ends.at(-1) ?? 0
      if (pendingBytes - whole > maxRecordBytes)
        throw malformed(`a row of more than ${maxRecordBytes / 1024 / 1024} MB`)
      if (whole === 0) return nothing
      const bytes = Buffer.concat(pending, pendingBytes)
      pending = whole === pendingBytes ? [] : [bytes.subarray(whole)]
      pendingBytes -= whole
      return passOn(bytes.subarray(0, whole), ends)
    },
    end() {
      if (pendingBytes > 0) throw malformed('it ends within a row')
      return { rows, firstId, lastId: rows === 0 ? '' : idOf(lastRecord) }
    },
  }
}

function readHeader(bytes: Uint8Array, columns: readonly string[]): readonly string[] {
  const header = firstRecord(bytes)
  const missing = columns.filter((column) => !header.includes(column))
  if (missing.length > 0 || header.length !== columns.length)
    throw malformed(`its columns are not those of the query (${header.join(', ').slice(0, 200)})`)
  return header
}

function appended(record: Uint8Array, header: readonly string[], compounds: readonly Compound[]): Uint8Array {
  const cells = firstRecord(record)
  if (cells.length !== header.length) throw malformed('a row has other columns than its header')
  const cellOf = (field: string) => cells[header.indexOf(field)] ?? ''
  return Buffer.from(`,${formatRecord(compounds.map((compound) => composeParts(compound, cellOf) ?? ''))}`)
}

function firstRecord(bytes: Uint8Array): readonly string[] {
  for (const cells of parseCsv(Buffer.from(bytes).toString())) return cells
  return []
}

const malformed = (what: string) =>
  new MillraceError('MR-3005', { message: `Reading the results of a query job of Salesforce: ${what}.` })

/** Long texts have 131,072 characters, and there are not hundreds of them. */
const maxRecordBytes = 32 * 1024 * 1024
const nothing: Uint8Array = new Uint8Array(0)
const quote = 0x22
const newline = 0x0a
