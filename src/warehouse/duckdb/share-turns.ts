import { AsyncLocalStorage } from 'node:async_hooks'
import type { OpenFile } from '../../duckdb/file-engine.ts'
import { sessionStopped } from '../session-context.ts'
import type { SessionRequest } from '../port.ts'

export type Turns = {
  /** Waits for its turn at the file, and works with it. */
  readonly take: <T>(request: SessionRequest, work: (file: OpenFile) => Promise<T>) => Promise<T>
}

export type TurnOptions = {
  /** Waits for the turn of this process, works, and lets the next process in. */
  readonly inTurn: <T>(request: SessionRequest, work: () => Promise<T>) => Promise<T>
  readonly open: (request: SessionRequest) => Promise<OpenFile>
  /** How long each session has waited. */
  readonly onTurn?: (request: SessionRequest, waitedMs: number) => void
}

/**
 * Sessions of this process that follow each other at once share a turn: opening the file and letting go of it takes as long as
 * a small commit, and far longer in a file of hundreds of tables. After a tenth of a second, or twice what opening took, others
 * have their turn, and DuckDB gives back its memory.
 */
export function shareTurns(options: TurnOptions): Turns {
  const queue: Waiter[] = []
  let isServing = false
  const serve = async () => {
    if (isServing) return
    isServing = true
    for (let first = queue.shift(); first; first = queue.shift()) await serveTurn(options, first, queue)
    isServing = false
  }
  return {
    take: (request, work) =>
      new Promise((resolve, reject) => {
        const askedAtMs = performance.now()
        // Each works in the context of whoever asked for it.
        const inContext = AsyncLocalStorage.snapshot()
        const waiter: Waiter = {
          request,
          refuse: reject,
          async work(file) {
            request.signal?.removeEventListener('abort', leave)
            options.onTurn?.(request, performance.now() - askedAtMs)
            const ended = inContext(() => work(file))
            const isSound = await ended.then(
              () => true,
              () => false,
            )
            return { isSound, settle: () => resolve(ended) }
          },
        }
        const leave = () => {
          const at = queue.indexOf(waiter)
          if (at === -1) return
          queue.splice(at, 1)
          reject(sessionStopped(request, request.signal?.reason))
        }
        request.signal?.addEventListener('abort', leave, { once: true })
        queue.push(waiter)
        void serve()
      }),
  }
}

type Waiter = {
  readonly request: SessionRequest
  readonly work: (file: OpenFile) => Promise<Outcome>
  readonly refuse: (error: unknown) => void
}

type Outcome = {
  /** false: it failed, and the file is opened anew for the next one. */
  readonly isSound: boolean
  readonly settle: () => void
}

async function serveTurn(options: TurnOptions, first: Waiter, queue: Waiter[]): Promise<void> {
  let current = first
  let last: Outcome | undefined
  try {
    await options.inTurn(first.request, async () => {
      const beganMs = performance.now()
      const file = await options.open(first.request)
      const openedMs = performance.now()
      const until = openedMs + Math.min(longestMs, Math.max(sharedMs, 2 * (openedMs - beganMs)))
      last = await first.work(file)
      while (last.isSound && performance.now() < until) {
        const next = queue.shift()
        if (!next) break
        last.settle()
        current = next
        last = await next.work(file)
      }
      await file.letGo(last.isSound)
    })
    // Whoever hears of the end finds the file closed and the turn given on.
    last?.settle()
  } catch (error) {
    if (last?.isSound === false) last.settle()
    else current.refuse(error)
  }
}

const sharedMs = 100
/** However long opening takes: other processes wait for so long, and for the session that is under way by then. */
const longestMs = 2_000
