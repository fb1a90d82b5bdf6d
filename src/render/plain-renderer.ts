import { renderError, type ErrorTextOptions } from './error-text.ts'
import { createEventLines, type EventLine } from './event-lines.ts'
import { outcomeText } from './outcome.ts'
import { makePaint, type Paint } from './paint.ts'
import { printable } from './printable.ts'
import type { Renderer, RendererOptions } from './renderer-contract.ts'

/** A line per change of state on stderr; the outcome on stdout. */
export function createPlainRenderer(options: RendererOptions): Renderer {
  const { stdout, stderr, color, verbosity } = options
  const paint = makePaint(color)
  const lineOf = createEventLines(verbosity, () => performance.now(), options.target)
  return {
    onEvent: (event) => {
      const line = lineOf(event)
      if (!line) return
      stderr.write(plainLine(line, paint))
    },
    error: (error) => stderr.write(renderError(error, errorOptions(options))),
    finish: (result) => {
      if (verbosity !== 'quiet' || result.exit_code !== 0) stdout.write(outcomeText(result, { color }))
    },
  }
}

export function plainLine({ sync, text, isWarning }: EventLine, paint: Paint): string {
  return ` ${paint('bold', printable(sync))}  ${isWarning ? paint('yellow', `warning: ${text}`) : text}\n`
}

/** With -v every error shows its stack; else only a bug of ours does. */
export const errorOptions = ({
  color,
  verbosity,
  target,
}: Pick<RendererOptions, 'color' | 'verbosity' | 'target'>): ErrorTextOptions => ({
  color,
  target,
  ...(verbosity === 'verbose' && { stack: true }),
})
