import type { EngineEvent } from '../model/event.ts'
import type { RunRecord } from '../model/run.ts'
import type { Output, RenderMode } from './render-mode.ts'

export type Verbosity = 'quiet' | 'normal' | 'verbose'

export type RendererOptions = {
  readonly mode: RenderMode
  /** Results. */
  readonly stdout: Output
  /** Progress and errors. */
  readonly stderr: Output
  readonly color: boolean
  /** `quiet`: only errors, and the outcome where it is not 0. `verbose`: every batch and request, and stacks. */
  readonly verbosity: Verbosity
  /** As `--target` named it: what an error or a warning says to do next is meant for it. @default none was named */
  readonly target?: string | undefined
  /** From the repository to the project, for annotations on GitHub. @default '' */
  readonly folder?: string
}

/** What a command that runs syncs came to: the last line of `--json` is this, with `type` before it. */
export type RunResult = { readonly exit_code: number; readonly runs: readonly RunRecord[] }

export type Renderer = {
  readonly onEvent: (event: EngineEvent) => void
  /** Once, at the end: a line per run and the outcome as the last line. Leaves the terminal as it was. */
  readonly finish: (result: RunResult) => void
  /** Something that was thrown. With `--json` a `finish` must still come: the last line is always the result. */
  readonly error: (error: unknown) => void
}
