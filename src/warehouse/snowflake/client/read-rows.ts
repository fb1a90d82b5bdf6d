import type { Readable } from 'node:stream'
import type { Column } from 'snowflake-sdk'
import { textRow, type TextRow } from '../../../model/text-row.ts'
import { MillraceError } from '../../../model/millrace-error.ts'
import { logicalName } from '../names.ts'
import { brokenPart } from './broken-parts.ts'
import { cellReader, type ReadCell } from './cell-text.ts'
import { sdkVersion } from './load-sdk.ts'
import type { Executed } from './statement.ts'

/** The rows of a result in chunks, as they arrive: what is not asked for is not fetched. */
export async function* readRows(
  statement: Executed,
  { stallMs, signal }: { readonly stallMs: number; readonly signal?: AbortSignal },
): AsyncGenerator<readonly TextRow[]> {
  const columns = statement.getColumns() ?? []
  const names = columnNames(columns)
  const readers = columns.map((column) => cellReader(column.getType()))
  passWireThrough(columns, () => stream.destroy(broken('a part of it is not JSON')))
  const stream: Readable & AsyncIterable<WireRow> = statement.streamRows()
  const watch = watchStream(stream, stallMs)
  const stop = () => stream.destroy(cancelled())
  signal?.addEventListener('abort', stop, { once: true })
  let count = 0
  let chunk: TextRow[] = []
  try {
    for await (const cells of stream) {
      chunk.push(textRow(names, readCells(cells, readers)))
      count++
      if (chunk.length < rowsInChunk) continue
      watch.pause()
      yield chunk
      chunk = []
      watch.resume()
    }
  } finally {
    watch.stop()
    signal?.removeEventListener('abort', stop)
  }
  // The SDK ends quietly where a part had fewer rows than it was said to have.
  if (count !== statement.getNumRows()) throw broken(`${count} of ${statement.getNumRows()} rows came`)
  if (chunk.length > 0) yield chunk
}

type WireRow = readonly (string | null | undefined)[]

function readCells(cells: WireRow, readers: readonly ReadCell[]): readonly (string | null)[] {
  return cells.map((wire, index) => (wire === null || wire === undefined ? null : (readers[index]?.(wire) ?? null)))
}

/** Where the SDK has nothing more to say, its stream waits for ever. */
function watchStream(stream: Readable, stallMs: number) {
  let since = performance.now()
  let isPaused = false
  const moved = () => {
    since = performance.now()
  }
  const timer = setInterval(
    () => {
      if (!isPaused && performance.now() - since > stallMs)
        stream.destroy(broken(`nothing came for ${stallMs / 1000} s`))
    },
    Math.max(50, stallMs / 4),
  )
  return {
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
      moved()
    },
    stop: () => clearInterval(timer),
  }
}

const cancelled = () =>
  new MillraceError('MR-2206', {
    message: 'reading a result from Snowflake: it was cancelled.',
    kept: 'What was committed before is there.',
    next: 'Run again: it goes on where it stopped.',
  })

const broken = (what: string) =>
  new MillraceError('MR-2207', {
    message: `reading a result from Snowflake: it is not whole, ${what}.`,
    kept: 'Nothing of it was used that was not whole.',
    next: 'Run again.',
  })

/** Lower case where Snowflake has folded them; of equal ones the later get a number, as DuckDB gives it. */
export function columnNames(columns: readonly Column[]): readonly string[] {
  const taken = new Set<string>()
  return columns.map((column) => {
    const name = column.getName()
    const folded = logicalName(name)
    let unique = folded
    for (let number = 1; taken.has(unique); number++) unique = `${folded}:${number}`
    taken.add(unique)
    return unique
  })
}

/**
 * Has the SDK's row stream hand over cells as they are on the wire, by the method that it asks each column with. `fetchAsString`
 * is not enough: numbers, timestamps and structured values have gone through doubles, Dates and JSON.parse by then, at an eighth
 * of the speed (measured).
 */
function passWireThrough(columns: readonly Column[], onBroken: () => void): void {
  for (const column of columns) {
    if (typeof Reflect.get(column, sdkMethod) !== 'function') throw anotherSdk()
    const index = column.getIndex()
    Reflect.set(column, sdkMethod, ({ values }: { readonly values: WireRow }) => {
      if (values === brokenPart) onBroken()
      return values[index]
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
