/** Requests that are still open, or begin, when the work that makes them says that it is done: what it says, it cannot know. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '../model/millrace-error.ts'
import { quieten } from './quiet-errors.ts'

type Work = {
  /** What it waits for, by any number. */
  readonly open: Map<symbol, string>
  /** Ends them. */
  readonly controller: AbortController
  /** Why a request of it does not begin any more. */
  refusal?: (label: string) => Error
}

export type Forgotten = {
  /** What is thrown; `what`: what the work did, and they end with it. */
  readonly flaw: (what: string) => Error
  /** Told of a request that begins when the work is done. */
  readonly late: (error: Error) => void
}

const present = new AsyncLocalStorage<Work>()

/** Of the host: asks in the name of the work that it is asked by. `ended`: the work was over before the answer came. */
export async function askFor<T>(label: string, ask: (ended: AbortSignal | undefined) => Promise<T>): Promise<T> {
  const work = present.getStore()
  if (!work) return await ask(undefined)
  if (work.refusal) {
    const refusal = work.refusal(label)
    // Whoever asks again at once, and for ever, leaves others their turn.
    await nextTurn()
    throw refusal
  }
  const request = Symbol(label)
  work.open.set(request, label)
  try {
    return await ask(work.controller.signal)
  } catch (error) {
    // The work went without it: what becomes of it is told nobody, unless somebody waits.
    if (work.refusal && error instanceof Error) quieten(error)
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
    await endWork(own, forgotten)
    return result
  } finally {
    own.refusal ??= unwanted
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
    await endWork(own, forgotten)
  } finally {
    await present.run(own, () => items.return()).finally(() => (own.refusal ??= unwanted))
  }
}

const begin = (): Work => ({ open: new Map(), controller: new AbortController() })

async function endWork(work: Work, { flaw, late }: Forgotten): Promise<void> {
  const { open, controller } = work
  // What the work itself has just ended takes a turn to say so.
  if (open.size > 0) await nextTurn()
  if (open.size > 0) {
    const labels = [...open.values()]
    const more = labels.length > 3 ? ` and ${labels.length - 3} more` : ''
    const error = flaw(`it was done before ${labels.slice(0, 3).join(', ')}${more} had an answer`)
    work.refusal = () => error
    controller.abort(error)
    throw error
  }
  work.refusal = (label) => {
    const error = flaw(`it asked for ${label} when it was done`)
    late(error)
    return error
  }
}

/** What the work said, nobody believed or needs. */
const unwanted = (label: string) =>
  quieten(new MillraceError('MR-7001', { message: `${label} was asked for by work that is over: it is not sent.` }))
