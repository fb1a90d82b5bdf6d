import { malformed } from './read-answer.ts'

/**
 * The records of a CSV file as its chunks come, cells as text: RFC 4180 with any line ending. A quote that is never closed is a
 * file that was cut. @throws MillraceError MR-3005
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const reader = createReader()
  // Takes the byte order mark away, and throws at bytes that are not UTF-8.
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of chunks) yield* reader.take(decode(decoder, chunk))
  yield* reader.take(decode(decoder, null))
  yield* reader.end()
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array | null): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch {
    throw malformed('exported a file whose bytes are not UTF-8')
  }
}

function createReader() {
  let rest = ''

  /** Whole records of the text so far; what is left waits for more. */
  function* take(text: string, isEnd = false): Generator<readonly string[]> {
    rest += text
    let start = 0
    for (;;) {
      const found = recordAt(rest, start, isEnd)
      if (!found) break
      start = found.end
      if (found.cells.length > 1 || found.cells[0] !== '') yield found.cells
    }
    rest = rest.slice(start)
    if (rest.length > maxRecordChars) throw malformed(`exported a row longer than ${maxRecordChars} characters`)
  }

  return {
    take: (text: string) => take(text),
    *end(): Generator<readonly string[]> {
      if (rest !== '') yield* take('', true)
      if (rest !== '') throw malformed('exported a file that ends within a quoted cell')
    },
  }
}

/** null: it does not end in this text. */
function recordAt(
  text: string,
  start: number,
  isEnd: boolean,
): { readonly cells: readonly string[]; readonly end: number } | null {
  if (start >= text.length) return null
  const cells: string[] = []
  let at = start
  for (;;) {
    let cell: string
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1)
      // A quote at the very end may be the first of two.
      if (close === -1 || (close + 1 >= text.length && !isEnd)) return null
      cell = text.slice(at + 1, close).replaceAll('""', '"')
      at = close + 1
    } else {
      const end = endOfPlain(text, at)
      if (end === text.length && !isEnd) return null
      cell = text.slice(at, end)
      at = end
    }
    cells.push(cell)
    const next = text[at]
    if (next === ',') {
      at++
      continue
    }
    if (next === undefined) return { cells, end: at }
    if (next === '\n') return { cells, end: at + 1 }
    if (next !== '\r') throw malformed('exported a file with text after a closing quote')
    if (at + 1 >= text.length && !isEnd) return null
    return { cells, end: at + (text[at + 1] === '\n' ? 2 : 1) }
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at
  return -1
}

function endOfPlain(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === comma || code === newline || code === carriageReturn) return at
  }
  return text.length
}

const comma = 0x2c
const newline = 0x0a
const carriageReturn = 0x0d
/** A person has at most 300 attributes of 1,000 bytes. */
const maxRecordChars = 8_000_000
