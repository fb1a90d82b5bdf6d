/**
 * Errors that are no news where nobody awaits them: a request was told to end, or what asked for it is over. Whoever awaits one
 * gets it all the same: who shares a request with others, or waits for it in a `finally`, is not left waiting.
 */
const quiet = new WeakSet<Error>()

export function quieten<E extends Error>(error: E): E {
  quiet.add(error)
  return error
}

/** Also of an error that a connector made of one. */
export function isQuiet(error: unknown): boolean {
  let seen = error
  for (let depth = 0; depth < 10 && seen instanceof Error; depth++, seen = seen.cause) if (quiet.has(seen)) return true
  return false
}
