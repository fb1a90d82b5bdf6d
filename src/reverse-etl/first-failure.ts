import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'

/** What goes wrong first ends the work; what comes after it mostly follows from it. */
export type FirstFailure = {
  readonly error: () => MillraceError | undefined
  readonly say: (error: unknown) => void
  /** Never rejects. */
  readonly attempt: (work: () => Promise<void>) => Promise<void>
}

/** @param doing `sending to people`, where the error does not say it itself */
export function firstFailure(doing: string): FirstFailure {
  let first: MillraceError | undefined
  const say = (error: unknown) => {
    first ??= asMillraceError(error, doing)
  }
  return {
    error: () => first,
    say,
    async attempt(work) {
      try {
        await work()
      } catch (error) {
        say(error)
      }
    },
  }
}
