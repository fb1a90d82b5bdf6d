/** One after the other; what fails does not keep the next from its turn. */
export function chain(): { readonly next: <T>(work: () => Promise<T>) => Promise<T> } {
  let last: Promise<unknown> = Promise.resolve()
  return {
    next(work) {
      const mine = last.then(work)
      // Whoever asked for it hears of the failure.
      last = mine.catch(() => undefined)
      return mine
    },
  }
}
