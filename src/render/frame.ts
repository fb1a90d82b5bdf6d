import { linesOf } from '../model/lines-of.ts'
import type { SourcePlace } from '../model/millrace-error.ts'
import { padToWidth } from './display-width.ts'
import { printable } from './printable.ts'

/**
 * The line that an error is about, the one before it, and carets under the place:
 *
 *     2 │ model: people
 *     3 │ primary_keys: person_id
 *       │ ^^^^^^^^^^^^ did you mean `primary_key`?
 *
 * What looks like a literal secret is covered, whatever the error is about.
 */
export function renderFrame(place: SourcePlace, hint = ''): readonly string[] {
  const lines = linesOf(place.text)
  const target = lines[place.line - 1]
  if (target === undefined) return []
  const gutter = String(place.line).length
  const start = Math.max(0, place.column - 1)
  const cut = Math.max(0, start - leadColumns)
  const show = (line: string, number: number) =>
    `${padToWidth(String(number), gutter, 'right')} │ ${clean(line).slice(cut, cut + maxColumns)}`.trimEnd()
  const length = Math.max(1, Math.min(place.length, target.length - start, maxColumns - (start - cut)))
  const before = lines[place.line - 2]
  return [
    ...(before === undefined || before.trim() === '' ? [] : [show(before, place.line - 1)]),
    show(target, place.line),
    `${' '.repeat(gutter)} │ ${' '.repeat(start - cut)}${'^'.repeat(length)}${hint && ` ${printable(hint)}`}`,
  ]
}

/** One column per character, so that the carets stand where they should. */
const clean = (line: string) => printable(coverSecrets(line).replace(/\t/g, ' '))

function coverSecrets(line: string): string {
  return line.replace(secretPair, (_, key: string, value: string) => key + '•'.repeat(value.length))
}

/** `api_key: sk_live_…`, also in `{ … }` and quotes; not `${env:X}`, and not `primary_key: person_id`. */
const secretPair =
  /([\w-]*(?:api_?key|secret|token|passw(?:or)?d|passphrase|private_?key|access_?key)[\w-]*['"]?\s*:\s*)(?!\s*['"]?\$\{)((?:"[^"]*"?|'[^']*'?|[^,}'"]+))/gi
const leadColumns = 60
const maxColumns = 100
