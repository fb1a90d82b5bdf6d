import { renderError } from './error-text.ts'
import { createEventLines } from './event-lines.ts'
import { liveLines } from './live-lines.ts'
import { createLiveScreen } from './live-screen.ts'
import { applyEvent, emptyLiveState } from './live-state.ts'
import { outcomeText } from './outcome.ts'
import { makePaint } from './paint.ts'
import { errorOptions, plainLine } from './plain-renderer.ts'
import type { Renderer, RendererOptions } from './renderer-contract.ts'

/** Live lines on a terminal. What matters later (takeovers, warnings, schema changes, ends of runs) stays above them. */
export function createTtyRenderer(options: RendererOptions): Renderer {
  const { stdout, stderr, color, verbosity } = options
  const paint = makePaint(color)
  const state = emptyLiveState()
  const nowMs = () => performance.now()
  const lineOf = createEventLines(verbosity, nowMs, options.target)
  const size = () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 })
  const screen = createLiveScreen(stderr, () => liveLines(state, { ...size(), nowMs: nowMs(), color }))

  return {
    onEvent: (event) => {
      applyEvent(state, event, nowMs())
      const line = lineOf(event)
      if (line && (line.isWarning || verbosity === 'verbose' || lasting.has(event.type)))
        screen.print(plainLine(line, paint))
      if (verbosity !== 'quiet') screen.refresh()
    },
    error: (error) => screen.print(renderError(error, errorOptions(options))),
    finish: (result) => {
      screen.close()
      if (verbosity !== 'quiet' || result.exit_code !== 0) stdout.write(outcomeText(result, { color }))
    },
  }
}

const lasting: ReadonlySet<string> = new Set(['run.takeover', 'schema.changed', 'diff.finished', 'run.finished'])
