/** Records of CSV text, the header's first: `""` quoting, LF or CRLF between records, line breaks within quotes kept. */
export function* parseCsv(text: string): Generator<readonly string[]> {
  let record: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    let value: string
    if (text[at] === '"') {
      const quoted = readQuoted(text, at)
      value = quoted.value
      at = quoted.end
    } else {
      plainEnd.lastIndex = at
      const end = plainEnd.exec(text)?.index ?? text.length
      value = text.slice(at, end)
      at = end
    }
    record.push(value)
    if (text[at] === ',') {
      at++
      // A comma at the very end is followed by an empty cell.
      if (at === text.length) record.push('')
      if (at < text.length) continue
    }
    if (text.startsWith('\r\n', at)) at += 2
    else if (text[at] === '\n' || text[at] === '\r') at++
    yield record
    record = []
  }
}

/** One record with its line break. Cells are quoted only where they must be. */
export const formatRecord = (cells: readonly string[]): string => `${cells.map(formatCell).join(',')}\n`

/** Spaces at the edges are kept by quoting, too. */
const formatCell = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = ''
  for (let from = start + 1; ;) {
    const end = text.indexOf('"', from)
    if (end === -1) return { value: value + text.slice(from), end: text.length }
    value += text.slice(from, end)
    if (text[end + 1] !== '"') return { value, end: end + 1 }
    value += '"'
    from = end + 2
  }
}

const plainEnd = /[,\r\n]/g
