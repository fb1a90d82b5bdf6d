import { renderError } from '../render/error-text.ts'
import { createJsonRenderer } from '../render/json-renderer.ts'
import { errorOptions } from '../render/plain-renderer.ts'
import type { Shell } from './shell.ts'

/** To stderr for people; a line of `--json` each for programs. */
export function reportError(shell: Shell, error: unknown): void {
  if (shell.json) createJsonRenderer(shell).error(error)
  else
    shell.stderr.write(
      renderError(error, errorOptions({ color: shell.errorColor, verbosity: shell.verbosity, target: shell.target })),
    )
}
