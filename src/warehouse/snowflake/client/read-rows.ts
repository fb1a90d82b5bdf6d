import type { Column } from 'snowflake-sdk'
import { textRow, type TextRow } from '../../../duckdb/open-database.ts'
import { MillraceError } from '../../../model/millrace-error.ts'
import { cellReader } from './cell-text.ts'
import { sdkVersion } from './load-sdk.ts'
import type { Executed } from './statement.ts'

/** The rows of a result in chunks, as they arrive: what is not asked for is not fetched. */
export async function* readRows(statement: Executed): AsyncGenerator<readonly TextRow[]> {
  const columns = statement.getColumns() ?? []
  const names = columnNames(columns)
  readAsText(columns)
  let chunk: TextRow[] = []
  const stream: AsyncIterable<readonly (string | null)[]> = statement.streamRows()
  for await (const cells of stream) {
    chunk.push(textRow(names, cells))
    if (chunk.length < rowsInChunk) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

/** Lower case where Snowflake has folded them; of equal ones the later get a number, as DuckDB gives it. */
export function columnNames(columns: readonly Column[]): readonly string[] {
  const taken = new Set<string>()
  return columns.map((column) => {
    const name = column.getName()
    const folded = name === name.toUpperCase() ? name.toLowerCase() : name
    let unique = folded
    for (let number = 1; taken.has(unique); number++) unique = `${folded}:${number}`
    taken.add(unique)
    return unique
  })
}

/**
 * Puts our reading of a cell in the place of the SDK's, which its row stream asks for by this name. `fetchAsString` is not
 * enough: numbers, timestamps and structured values have gone through doubles, Dates and JSON.parse by then.
 */
function readAsText(columns: readonly Column[]): void {
  for (const column of columns) {
    if (typeof Reflect.get(column, sdkMethod) !== 'function') throw anotherSdk()
    const read = cellReader(column.getType())
    const index = column.getIndex()
    Reflect.set(column, sdkMethod, ({ values }: { readonly values: readonly (string | null | undefined)[] }) => {
      const wire = values[index]
      return wire === null || wire === undefined ? null : read(wire)
    })
  }
}

const sdkMethod = '_getRowValue'

const anotherSdk = () =>
  new MillraceError('MR-1302', {
    message: 'The installed snowflake-sdk is of another make than this version reads exact values with.',
    kept: 'Nothing was changed.',
    next: `npm install snowflake-sdk@${sdkVersion}`,
  })

const rowsInChunk = 2000
