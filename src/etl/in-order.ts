/**
 * Work in two parts, each done one after another and in order: while the second part of one step is done, the first part of the
 * next one is. Two steps at most are under way.
 */
export type InOrder<Step> = {
  /** Waits until there is room. @throws what an earlier step has failed with */
  readonly push: (step: Step) => Promise<void>
  /** Everything is done. @throws what failed */
  readonly settled: () => Promise<void>
  /** Everything is done, or has failed. */
  readonly ended: () => Promise<void>
  /** After a failure no other step is done. */
  readonly hasFailed: () => boolean
}

export function workInOrder<Step, Made>(parts: {
  readonly first: (step: Step) => Promise<Made>
  readonly second: (step: Step, made: Made) => Promise<void>
  readonly failure: (error: unknown) => Error
}): InOrder<Step> {
  const underWay: Promise<void>[] = []
  let lastFirst: Promise<unknown> = Promise.resolve()
  let failure: Error | undefined
  const throwFailure = () => {
    if (failure !== undefined) throw failure
  }
  /** null: something has failed. */
  const doFirst = async (before: Promise<unknown>, step: Step): Promise<{ readonly made: Made } | null> => {
    await before.catch(() => undefined)
    return failure === undefined ? { made: await parts.first(step) } : null
  }
  const doSecond = async (before: Promise<void> | undefined, step: Step, first: ReturnType<typeof doFirst>) => {
    try {
      const [done] = await Promise.all([first, before])
      if (done && failure === undefined) await parts.second(step, done.made)
    } catch (error) {
      // Where the first part fails, the steps before are done all the same.
      await before
      failure ??= parts.failure(error)
    }
  }
  return {
    async push(step) {
      while (underWay.length >= mostUnderWay) await underWay[0]
      throwFailure()
      const before = underWay.at(-1)
      const first = doFirst(lastFirst, step)
      lastFirst = first
      underWay.push(doSecond(before, step, first).then(() => void underWay.shift()))
    },
    async settled() {
      await underWay.at(-1)
      throwFailure()
    },
    async ended() {
      await underWay.at(-1)
    },
    hasFailed: () => failure !== undefined,
  }
}

const mostUnderWay = 2
