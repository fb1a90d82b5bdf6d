import { MillraceError } from '../model/millrace-error.ts'
import type { Output } from '../render/render-mode.ts'

/** How Ctrl-C and SIGTERM reach a command. */
export type Stop = {
  /** Aborts everything at once. */
  readonly signal: AbortSignal
  /** Somebody asked to stop at the next checkpoint. */
  readonly isStopping: () => boolean
  /** 130 or 143 once a signal came. */
  readonly exitCode: () => number | undefined
  /**
   * From now on signals are ours. `checkpoint`: the first one asks, the second one aborts; `at_once`: the first one aborts;
   * `ends`: the first one is the ordinary end. Resolves with the first one. Ctrl-C of a terminal reaches a daemon and its
   * runs at once: a run `of: 'daemon'` leaves the first one to it, which asks by SIGTERM when its time is over.
   */
  readonly listen: (first: FirstSignal, of?: 'terminal' | 'daemon') => Promise<void>
  /** Aborts everything at once with an error that nobody was there to catch; the first one counts. */
  readonly fail: (error: MillraceError) => void
  readonly failure: () => MillraceError | undefined
}

export type FirstSignal = 'checkpoint' | 'at_once' | 'ends'

export function createStop(stderr: Output): Stop {
  const abort = new AbortController()
  let exitCode: number | undefined
  let count = 0
  let failure: MillraceError | undefined
  const abortNow = () => {
    abort.abort(new MillraceError('MR-7001', { message: 'Stopped at once, on request.', kept, next }))
    // Whoever does not hear the abort in time is left behind: everything committed stands, the rest is done again.
    setTimeout(() => process.exit(exitCode), patienceMs).unref()
  }
  return {
    signal: abort.signal,
    isStopping: () => count > 0,
    exitCode: () => exitCode,
    failure: () => failure,
    fail(error) {
      failure ??= error
      exitCode ??= failure.exitCode
      abort.abort(failure)
    },
    listen: (first, of = 'terminal') =>
      new Promise((resolve) => {
        let leaves = of === 'daemon' ? 1 : 0
        for (const [name, code] of Object.entries(codes))
          process.on(name, () => {
            if (name === 'SIGINT' && leaves-- > 0) return
            count++
            if (first !== 'ends' || count > 1) exitCode = code
            resolve()
            if (first === 'at_once' || count > 1) abortNow()
            else if (first === 'checkpoint')
              stderr.write(`\nStopping at the next checkpoint; ${again[code]} stops at once.\n`)
          })
      }),
  }
}

const codes = { SIGINT: 130, SIGTERM: 143 } as const
const again = { 130: 'Ctrl-C again', 143: 'another signal' } as const
const kept = 'What was committed stays; what was not is done again by the next run.'
const next = 'Run the same command again: it goes on from there.'
export const patienceMs = 1500
