import type { Output } from '../../src/render/render-mode.ts'

/** A stream that remembers what was written. */
export function fakeOutput(size: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = {}) {
  const writes: string[] = []
  const output: Output = { ...size, write: (text) => writes.push(text) }
  return { output, writes, text: () => writes.join('') }
}

/** What a person would see on a terminal after all that: knows the few sequences that the live view uses. */
export function screenOf(text: string): readonly string[] {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  // oxlint-disable-next-line no-control-regex -- reading terminal sequences is the point
  for (const [token, count, command] of text.matchAll(/\u001b\[\??(\d*)([A-Za-z])|[\s\S]/gu)) {
    if (command === 'A') row = Math.max(0, row - Number(count))
    else if (command === 'J') lines.splice(row, Infinity, (lines[row] ?? '').slice(0, column))
    else if (command === 'K') lines[row] = (lines[row] ?? '').slice(0, column)
    else if (command !== undefined) continue
    else if (token === '\r') column = 0
    else if (token === '\n') {
      row++
      column = 0
      lines[row] ??= ''
    } else {
      const line = (lines[row] ?? '').padEnd(column)
      lines[row] = line.slice(0, column) + token + line.slice(column + 1)
      column++
    }
  }
  return lines
}
