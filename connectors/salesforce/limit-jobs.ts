import { MillraceError } from 'millrace'

/** Runs work when fewer than so many are under way; the others wait their turn. */
export type UnderWay = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/** Salesforce queues jobs, too, but counts the time that they wait as the job's. */
export function limitJobs(most: number): UnderWay {
  let running = 0
  const waiting: (() => void)[] = []
  return async (signal, work) => {
    if (running >= most) await turn(waiting, signal)
    else running++
    try {
      return await work()
    } finally {
      // The place passes on as it is.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

async function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = () => {
    waiting.splice(waiting.indexOf(resolve), 1)
    reject(
      signal.reason instanceof MillraceError
        ? signal.reason
        : new MillraceError('MR-7001', { message: 'Waiting for other query jobs of Salesforce was stopped.' }),
    )
  }
  waiting.push(resolve)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
