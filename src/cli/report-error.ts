import { createRenderer } from '../render/renderer.ts'
import { rendererOptions } from './renderer-options.ts'
import type { Shell } from './shell.ts'

/** To stderr for people, on GitHub also at its place in the pull request; a line of `--json` each for programs. */
export function reportError(shell: Shell, error: unknown): void {
  const options = rendererOptions(shell)
  // Nothing is drawn beside it.
  createRenderer({ ...options, mode: options.mode === 'tty' ? 'plain' : options.mode }).error(error)
}
