import { AsyncLocalStorage } from 'node:async_hooks'
import { quieten } from './quiet-errors.ts'

/** Told that what was answered cannot be believed. false: too late to take it back. */
export type TakeBack = (error: unknown) => boolean

const believers = new AsyncLocalStorage<TakeBack>()

/** Work that believes what a connector answers. Not in the connector's own context: what is answered is not for it to take back. */
export const believing = <T>(takeBack: TakeBack, work: () => Promise<T>): Promise<T> => believers.run(takeBack, work)

/** Of whoever believes what is answered now; undefined: what was answered stays. */
export const believer = (): TakeBack | undefined => believers.getStore()

/** Requests that began when the work that asks for them was over, and what it had answered was believed: somebody has to be told. */
export type LateRequests = {
  /** `takeBack`: of whoever believed it. */
  readonly hear: (error: Error, takeBack?: TakeBack) => void
  /** Of the connector: throws the first one that nobody took back. */
  readonly close: () => void
}

export function lateRequests(): LateRequests {
  let untold: Error | undefined
  let isClosed = false
  return {
    hear(error, takeBack) {
      // Nobody is left to be told: it is for whoever hears what nobody caught.
      if (isClosed) return
      quieten(error)
      if (takeBack?.(error) !== true) untold ??= error
    },
    close() {
      isClosed = true
      if (untold) throw untold
    },
  }
}
