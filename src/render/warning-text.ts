import type { SourcePlace } from '../model/millrace-error.ts'
import { renderFrame } from './frame.ts'
import { makePaint } from './paint.ts'
import { printable } from './printable.ts'

export type Warning = { readonly message: string; readonly next: string; readonly place: SourcePlace }

/** A warning with its place in the project's files, as errors are shown, and without a code: nothing has gone wrong. */
export function renderWarning({ message, next, place }: Warning, { color }: { readonly color: boolean }): string {
  const paint = makePaint(color)
  const lines = [
    paint('cyan', printable(`${place.file}:${place.line}:${place.column}`)),
    ...renderFrame(place),
    `Next: ${printable(next)}`,
  ]
  return [`${paint('yellow', 'warning')} ${printable(message)}`, ...lines.map((line) => `  ${line.trimEnd()}`)].join(
    '\n',
  )
}
