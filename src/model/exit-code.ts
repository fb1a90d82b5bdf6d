import { errorCatalogue } from './error-catalogue.ts'
import { asMillraceError, MillraceErrors } from './millrace-error.ts'
import type { RunStatus } from './run.ts'

/**
 * The exit code of a command: of its runs, or of what it threw. With several the first of 70, 2, 1, 4, 5, 0 that applies;
 * 130 stands before all of them. 2 says that nothing ran: beside a run that did, it is 1. A run still `running` when its
 * command ends is a bug.
 */
export function exitCodeOf(things: readonly (RunOutcome | Error)[]): number {
  const didRun = things.some((thing) => !(thing instanceof Error) && hasRun(thing))
  const codes = things
    .flatMap((thing) => (thing instanceof Error ? codesOfError(thing) : [codeOfRun(thing)]))
    .map((code) => (code === 2 && didRun ? 1 : code))
  return precedence.find((code) => codes.includes(code)) ?? codes.find((code) => code !== 0) ?? 0
}

export type RunOutcome = { readonly status: RunStatus; readonly error?: { readonly code: string } }

/** Its configuration was not refused before it began. */
const hasRun = ({ status, error }: RunOutcome): boolean =>
  status !== 'not_run' && !Object.entries(errorCatalogue).some(([code, { exit }]) => code === error?.code && exit === 2)

function codeOfRun(run: RunOutcome): number {
  if (run.error?.code === 'MR-7001') return 130
  if (run.error?.code === 'MR-7000' || run.error?.code === 'MR-2006') return 70
  return codeOfStatus[run.status]
}

function codesOfError(error: Error): readonly number[] {
  if (error instanceof MillraceErrors) return error.errors.map((one) => one.exitCode)
  return [asMillraceError(error, '').exitCode]
}

const codeOfStatus = { ok: 0, partial: 5, failed: 1, stopped: 4, not_run: 4, running: 70 } as const satisfies Record<
  RunStatus,
  number
>
const precedence = [130, 70, 2, 1, 4, 5, 0]
