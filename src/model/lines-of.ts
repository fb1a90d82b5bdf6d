let last: { readonly text: string; readonly lines: readonly string[] } = { text: '', lines: [''] }

/** The lines of a text, without their ends. Kept for the text that was asked for last: a file with very many findings is split once. */
export function linesOf(text: string): readonly string[] {
  if (text !== last.text) last = { text, lines: text.split('\n').map((line) => line.replace(/\r$/, '')) }
  return last.lines
}
