/**
 * The state of a sync as a file of lines: a header that says of what and in which columns, a line a row, and at the end the
 * counts and a checksum of everything above. docs/analyst-tables.md describes it.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { MillraceError } from '../model/millrace-error.ts'
import type { StateRow, StateTable, StateTableName } from '../warehouse/state-upkeep.ts'

export type StateHeader = {
  readonly type: 'millrace.state'
  readonly version: number
  readonly kind: 'etl' | 'reverse_etl'
  readonly sync: string
  readonly target: string
  readonly exported_at: string
  /** Of an ETL sync. */
  readonly connector: string | null
  /** Of a reverse-ETL sync: what its snapshot was made for. null: it has never delivered. */
  readonly destination: {
    readonly connection: string
    readonly account: string
    readonly object: string
    readonly options: string
    readonly mapping_version: string
    readonly encoder_version: number
  } | null
  readonly tables: readonly StateTable[]
}

export type StateCounts = { readonly [table in StateTableName]?: number }

/** Gives the lines, newline included. */
export async function* stateLines(
  header: StateHeader,
  rowsOf: (table: StateTable) => AsyncIterable<readonly StateRow[]>,
): AsyncIterable<string> {
  const hash = createHash('sha256')
  const counts: { [table in StateTableName]?: number } = {}
  const hashed = (text: string) => {
    hash.update(text)
    return text
  }
  yield hashed(`${JSON.stringify(header)}\n`)
  for (const table of header.tables) {
    counts[table.name] = 0
    for await (const rows of rowsOf(table)) {
      counts[table.name] = (counts[table.name] ?? 0) + rows.length
      if (rows.length > 0) yield hashed(rows.map((row) => `${JSON.stringify([table.name, ...row])}\n`).join(''))
    }
  }
  yield `${JSON.stringify({ type: 'end', rows: counts, sha256: hash.digest('hex') })}\n`
}

/** Reads it all, and holds it against its checksum. @throws MillraceError MR-1004 */
export async function checkStateFile(
  path: string,
): Promise<{ readonly header: StateHeader; readonly rows: StateCounts }> {
  const hash = createHash('sha256')
  const counts = new Map<string, number>()
  let header: StateHeader | undefined
  let end: unknown
  let number = 0
  for await (const line of linesOf(path)) {
    number++
    if (end !== undefined) throw unusable(path, `there is more after its last line (line ${number})`)
    const parsed = parse(path, line, number)
    if (!header) header = headerOf(path, parsed)
    else if (isEnd(parsed)) {
      end = parsed
      continue
    } else {
      const [table, ...cells] = Array.isArray(parsed) ? parsed : []
      const columns = header.tables.find(({ name }) => name === table)?.columns
      if (typeof table !== 'string' || cells.length !== columns?.length || !cells.every(isCell))
        throw unusable(path, `line ${number} is not a row of the columns that its header names`)
      counts.set(table, (counts.get(table) ?? 0) + 1)
    }
    hash.update(`${line}\n`)
  }
  if (!header || !isEnd(end)) throw unusable(path, 'it is cut off')
  if (end.sha256 !== hash.digest('hex'))
    throw unusable(path, 'its checksum differs: it was changed after it was written')
  for (const { name } of header.tables)
    if ((end.rows[name] ?? 0) !== (counts.get(name) ?? 0)) throw unusable(path, `its rows of ${name} are not all there`)
  return { header, rows: end.rows }
}

export const stateFileVersion = 1

function headerOf(path: string, parsed: unknown): StateHeader {
  if (!isObject(parsed) || parsed['type'] !== 'millrace.state') throw unusable(path, 'it is no state file of millrace')
  const version = parsed['version']
  if (typeof version !== 'number' || version > stateFileVersion)
    throw unusable(
      path,
      `it has format ${String(version)}, and this millrace knows formats up to ${stateFileVersion}`,
      'A newer millrace has written it: update this one.',
    )
  if (!Array.isArray(parsed['tables'])) throw unusable(path, 'its header names no tables')
  return parsed as StateHeader // what stateLines wrote: the checksum holds for the header, too
}

/** Lines without their end; what comes after the last end of line is one more only if there is something. */
async function* linesOf(path: string): AsyncIterable<string> {
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw unusable(path, `it cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  if (rest !== '') throw unusable(path, 'it is cut off')
}

function parse(path: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw unusable(path, number === 1 ? 'it is no state file of millrace' : `line ${number} is not JSON`)
  }
}

export const unusable = (path: string, why: string, next?: string): MillraceError =>
  new MillraceError('MR-1004', {
    message: `${path} cannot be imported: ${why}.`,
    kept: 'The state is as it was.',
    ...(next === undefined ? {} : { next }),
  })

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isEnd = (value: unknown): value is { readonly rows: StateCounts; readonly sha256: string } =>
  isObject(value) && value['type'] === 'end' && isObject(value['rows']) && typeof value['sha256'] === 'string'

const isCell = (cell: unknown) => cell === null || typeof cell === 'string'
