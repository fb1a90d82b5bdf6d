/** Requests that are still open when the work that made them says that it is done: what it says, it cannot know. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { quieten } from './quiet-errors.ts'

type Work = {
  /** What it waits for, by any number. */
  readonly open: Map<symbol, string>
  /** Ends them. */
  readonly controller: AbortController
  isOver: boolean
}

/** What is wrong with open requests, of which these are the labels: it is thrown, and they end with it. */
export type Forgotten = (labels: readonly string[]) => Error

const present = new AsyncLocalStorage<Work>()

/** Of the host: asks in the name of the work that it is asked by. `ended`: the work was over before the answer came. */
export async function askFor<T>(label: string, ask: (ended: AbortSignal | undefined) => Promise<T>): Promise<T> {
  const work = present.getStore()
  if (!work || work.controller.signal.aborted) return await ask(undefined)
  const request = Symbol(label)
  work.open.set(request, label)
  try {
    return await ask(work.controller.signal)
  } catch (error) {
    // The work went without it: what becomes of it is told nobody, unless somebody waits.
    if (work.isOver && error instanceof Error) quieten(error)
    throw error
  } finally {
    work.open.delete(request)
  }
}

/** Work that has to hear the end of all that it asks for. */
export async function withoutForgotten<T>(work: () => Promise<T>, forgotten: Forgotten): Promise<T> {
  const own = begin()
  try {
    const result = await present.run(own, work)
    await refuseOpen(own, forgotten)
    return result
  } finally {
    own.isOver = true
  }
}

/** The same of what comes piece by piece, once it is at its end; whoever leaves it earlier has no more use for the rest. */
export async function* withoutForgottenItems<T>(
  read: () => AsyncIterable<T>,
  forgotten: Forgotten,
): AsyncGenerator<T, void, undefined> {
  const own = begin()
  // A generator runs in the name of whoever asks for its next item.
  const items = (async function* () {
    yield* read()
  })()
  const next = () => present.run(own, () => items.next())
  try {
    for (let item = await next(); item.done !== true; item = await next()) yield item.value
    await refuseOpen(own, forgotten)
  } finally {
    await present.run(own, () => items.return()).finally(() => (own.isOver = true))
  }
}

const begin = (): Work => ({ open: new Map(), controller: new AbortController(), isOver: false })

async function refuseOpen({ open, controller }: Work, forgotten: Forgotten): Promise<void> {
  if (open.size === 0) return
  // What the work itself has just ended takes a turn to say so.
  await nextTurn()
  if (open.size === 0) return
  const error = forgotten([...open.values()])
  controller.abort(error)
  throw error
}
