import type { MillraceError } from '../model/millrace-error.ts'
import { errorsOf } from './errors-of.ts'
import { toJsonLine } from './json-line.ts'
import { onTarget } from './on-target.ts'
import type { Renderer, RendererOptions } from './renderer-contract.ts'

/** NDJSON on stdout: every event as it is, errors with `type: "error"`, and the result as the last line. */
export function createJsonRenderer({ stdout, target }: Pick<RendererOptions, 'stdout' | 'target'>): Renderer {
  const say = (line: object) => stdout.write(toJsonLine(line))
  return {
    onEvent: say,
    error: (error) => {
      for (const one of errorsOf(error)) say(errorLine(one, target))
    },
    finish: (result) => say({ type: 'result', exit_code: result.exit_code, runs: result.runs }),
  }
}

/** The file's text stays out: it is on disk, and may hold what should not travel. */
function errorLine(error: MillraceError, target: string | undefined) {
  const { code, message, kept, next, retry, exitCode, place } = error
  const where = place && { file: place.file, line: place.line, column: place.column }
  return { type: 'error', code, message, kept, next: onTarget(next, target), retry, exit_code: exitCode, place: where }
}
