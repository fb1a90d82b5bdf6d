import type { MillraceError } from '../model/millrace-error.ts'
import { errorsOf } from './errors-of.ts'
import { formatCount } from './format-number.ts'
import { renderFrame } from './frame.ts'
import { onTarget } from './on-target.ts'
import { makePaint } from './paint.ts'
import { printable } from './printable.ts'

export type ErrorTextOptions = {
  readonly color: boolean
  /** Adds the stack of what went wrong. @default only for a bug of ours */
  readonly stack?: boolean
  /** See `RendererOptions`. */
  readonly target?: string | undefined
}

/** Anything thrown, as a person should see it: what, where, what was kept, what to do. Ends with a line break. */
export function renderError(error: unknown, options: ErrorTextOptions): string {
  const texts = errorsOf(error).map((each) => renderOne(each, options))
  return texts.length < 2
    ? texts.join('')
    : `${texts.join('\n')}\n${formatCount(texts.length)} errors. Nothing was run.\n`
}

function renderOne(error: MillraceError, options: ErrorTextOptions): string {
  const paint = makePaint(options.color)
  const head = headOf(error)
  const showStack = options.stack ?? error.code === 'MR-7000'
  const [hint, next] = splitHint(onTarget(error.next, options.target), error.place !== undefined)
  const place = error.place
  const lines = [
    ...(place
      ? [paint('cyan', printable(`${place.file}:${place.line}:${place.column}`)), ...renderFrame(place, hint)]
      : []),
    ...(error.kept === undefined ? [] : [labelled('Kept', error.kept)]),
    ...(next.length === 1 ? [labelled('Next', next[0] ?? '')] : next.map(printable)),
    ...(showStack ? stackLines(error).map((line) => paint('dim', line)) : []),
    paint('dim', `millrace explain ${error.code}`),
  ]
  const title = `${paint(head === 'stopped' ? 'yellow' : 'red', `${head}[${error.code}]`)} ${printable(error.message)}`
  return [title, ...lines.map((line) => `  ${line}`)].map((line) => `${line.trimEnd()}\n`).join('')
}

function headOf(error: MillraceError): 'error' | 'failed' | 'stopped' | 'bug' | 'rejected' {
  switch (error.exitCode) {
    case 4:
    case 130:
      return 'stopped'
    case 1:
      return 'failed'
    case 5:
      return 'rejected'
    case 70:
      return 'bug'
    default:
      return 'error'
  }
}

/** "did you mean" stands beside the carets, where there are any. */
function splitHint(next: readonly string[], hasPlace: boolean): readonly [hint: string, next: readonly string[]] {
  const [first = '', ...rest] = next
  return hasPlace && /^did you mean/i.test(first) ? [first.replace(/^D/, 'd'), rest] : ['', next]
}

/** A text that already says what it is (`Nothing was sent.`, `If it is right:  …`) needs no label. */
function labelled(label: string, text: string): string {
  const clear = /^nothing\b/i.test(text) || /^[A-Z][\w ]{0,24}:\s/.test(text) || /^did you mean/i.test(text)
  return clear ? printable(text) : `${label}: ${printable(text)}`
}

function stackLines(error: MillraceError): readonly string[] {
  const origin = error.cause instanceof Error ? error.cause : error
  return (origin.stack ?? '').split('\n').map((line) => printable(line))
}
