/** Why a CSV cannot be read, in words: it is read once more, which only one that was refused is. */
import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'
import { MillraceError } from '../model/millrace-error.ts'
import type { SpooledFile } from './spool.ts'

/** null: nothing is wrong that can be said. */
export async function explainCsv(
  files: readonly SpooledFile[],
  fields: readonly string[],
): Promise<MillraceError | null> {
  const wanted = new Set(fields.map((field) => field.toLowerCase()))
  const named = new Set<string>()
  const csv = files.filter(({ format }) => format === 'csv')
  for (const { path } of csv) {
    const flaw = await flawOf(path, (names) => {
      for (const name of names) named.add(name.toLowerCase())
      // What names nothing may be a row: it is not shown.
      return names.some((name) => wanted.has(name.toLowerCase()))
    })
    if (flaw !== null) return notAsPromised(`${path}: ${flaw}`)
  }
  const missing = fields.filter((field) => !named.has(field.toLowerCase()))
  if (csv.length === 0 || missing.length === 0) return null
  return notAsPromised(`${csv[0]?.path}: it has no column ${missing.join(', ')}; it has ${[...named].join(', ')}`)
}

/** What a connector says of its files is only found here. */
export const notAsPromised = (what: string): MillraceError =>
  new MillraceError('MR-1401', {
    message: `A file that the connector gave is not what it promised. ${what}.`,
    kept: 'What was committed before is there.',
    next: 'A CSV is UTF-8, has a first line with the names of its columns, a cell for each of them in every row, and `""` for a quote in quotes.',
  })

/** @param takeNames of the first line; false: they are none */
async function flawOf(path: string, takeNames: (names: readonly string[]) => boolean): Promise<string | null> {
  let header: readonly string[] | undefined
  let altered: string | null = null
  const text = { isUtf8: true }
  for await (const { line, cells, isOpen, isLoose } of recordsOf(path, text)) {
    if (isOpen) return `a quote that is opened in the row of line ${line} is never closed`
    if (header === undefined && !takeNames(cells)) return 'its first line names none of the columns that are read'
    header ??= cells
    const at = cells.findIndex((cell) => cell.includes('\uFFFD'))
    if (at !== -1) altered ??= `, as in line ${line}, column ${header[at] ?? at + 1}`
    if (text.isUtf8 && isLoose) return `characters follow the quote that ends a cell, in the row of line ${line}`
    const isBlank = cells.length === 1 && cells[0] === ''
    if (text.isUtf8 && !isBlank && cells.length !== header.length)
      return `its line ${line} has ${cells.length} cells, and its first line names ${header.length} columns (${header.join(', ')})`
  }
  if (!text.isUtf8) return `it is not UTF-8${altered ?? ''}`
  return header === undefined ? 'it is empty, without a line that names its columns' : null
}

type CsvRecord = {
  /** Where it begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
  /** The file ends within quotes. */
  readonly isOpen: boolean
  /** Something stands between a cell's last quote and its end. */
  readonly isLoose: boolean
}

/** @param text told where the bytes are not UTF-8: their characters come as U+FFFD */
async function* recordsOf(path: string, text: { isUtf8: boolean }): AsyncGenerator<CsvRecord> {
  const strict = new TextDecoder('utf-8', { fatal: true })
  const decoder = new TextDecoder('utf-8')
  let [line, begun, cell, cells, inQuotes]: [number, number, string, string[], boolean] = [1, 1, '', [], false]
  let [isQuoted, isLoose] = [false, false]
  const source: AsyncIterable<Buffer> = createReadStream(path)
  for await (const bytes of source) {
    if (text.isUtf8) text.isUtf8 = decodes(strict, bytes)
    for (const character of decoder.decode(bytes, { stream: true })) {
      if (character === '\n') line++
      if (character === '"') {
        isQuoted ||= cell === ''
        inQuotes = !inQuotes
      } else if (inQuotes) cell += cell.length < longEnough ? character : ''
      else if (character === ',') {
        cells.push(cell)
        ;[cell, isQuoted] = ['', false]
      } else if (character === '\n') {
        yield { line: begun, cells: [...cells, cell], isOpen: false, isLoose }
        ;[begun, cell, cells, isQuoted, isLoose] = [line, '', [], false, false]
      } else if (character !== '\r') {
        cell += character
        isLoose ||= isQuoted && character !== ' '
      }
    }
  }
  if (inQuotes || cell !== '' || cells.length > 0)
    yield { line: begun, cells: [...cells, cell], isOpen: inQuotes, isLoose }
}

/** Of a cell: a quote that stays open would make one of the rest of the file. */
const longEnough = 10_000

function decodes(strict: TextDecoder, bytes: Buffer): boolean {
  try {
    strict.decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}
