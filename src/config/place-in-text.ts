import { linesOf } from '../model/lines-of.ts'
import type { SourcePlace } from '../model/millrace-error.ts'

/** A spot in a text that stands in a file, counted from the text's own beginning. */
export type InText = { readonly text: string; readonly line: number; readonly column: number }

export const isInText = (value: unknown): value is InText =>
  typeof value === 'object' && value !== null && 'text' in value && 'line' in value && 'column' in value

/**
 * The spot in the file: its line is looked for as it stands, since quotes and indentation come before it. Where it was
 * written otherwise (folded, escaped), the place of the whole text will do.
 */
export function placeInText(place: SourcePlace, { text, line, column }: InText): SourcePlace {
  const wanted = text.split('\n')[line - 1] ?? ''
  if (wanted.trim() === '') return place
  const lines = linesOf(place.text)
  for (let index = place.line - 1; index < lines.length; index++) {
    const at = (lines[index] ?? '').indexOf(wanted, index === place.line - 1 ? place.column - 1 : 0)
    if (at === -1) continue
    const rest = wanted.slice(column - 1)
    const length = (/^\{[{%].*?[%}]\}/.exec(rest)?.[0] ?? rest).trimEnd().length
    return { ...place, line: index + 1, column: at + column, length: Math.max(1, length) }
  }
  return place
}
