import type { Database } from '../../duckdb/open-database.ts'
import { MillraceError } from '../../model/millrace-error.ts'

/**
 * DuckDB fills blocks of every column at once, on each thread: of a table of hundreds that is more memory than it has. Fewer threads work then,
 * until the session ends.
 */
export async function makeRoom(db: Database, columns: number): Promise<void> {
  if (columns <= fewColumns) return
  const [settings] = await db.rows(
    `SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory`,
  )
  const room = Math.floor(bytesOf(settings?.['memory'] ?? '') / (columns * columnBytes))
  if (room < Number(settings?.['threads'])) await db.run(`SET threads = ${Math.max(1, room)}`)
}

/** As DuckDB says it: `953.6 MiB`. */
function bytesOf(text: string): number {
  const [, number, unit = ''] = /^([\d.]+) (\w+)$/.exec(text) ?? []
  const power = units.indexOf(unit)
  if (number === undefined || power === -1)
    throw new MillraceError('MR-7000', { message: `DuckDB says that its memory_limit is ${text}` })
  return Number(number) * 1024 ** power
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
const fewColumns = 100
/** Of each thread: two blocks and what else is at work beside them, measured. */
const columnBytes = 1_500_000
