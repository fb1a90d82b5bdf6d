/** Requests that are still open, or begin, when the work that makes them says that it is done: what it says, it cannot know. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '../model/millrace-error.ts'
import { joinSignals } from './join-signals.ts'
import { quieten } from './quiet-errors.ts'

type Work = {
  /** Its own: what is asked with it is asked by this work, in whoever's course that comes to run, as behind a queue. */
  readonly signal: AbortSignal
  /** What it waits for, by any number. */
  readonly open: Map<symbol, string>
  /** Ends them. */
  readonly controller: AbortController
  readonly end: () => void
  /** Why a request of it does not begin any more. */
  refusal?: (label: string) => Error
  /** Nobody wants the rest of it; but others may share what it asks for. */
  isLeft?: true
}

export type Forgotten = {
  /** What is thrown; `what`: what the work did, and they end with it. */
  readonly flaw: (what: string) => Error
  /** Told of a request that begins when the work is done. */
  readonly late: (error: Error) => void
}

const present = new AsyncLocalStorage<Work>()
const bySignal = new WeakMap<AbortSignal, Work>()

type Asked = { readonly label: string; readonly signal: AbortSignal }

/** Of the host: asks in the name of the work that it is asked by. `ended`: the work was over before the answer came. */
export async function askFor<T>(
  { label, signal }: Asked,
  ask: (ended: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const work = askerOf(signal)
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
    if ((work.refusal || work.isLeft) && error instanceof Error) quieten(error)
    throw error
  } finally {
    work.open.delete(request)
  }
}

/** Whose signal it has; of a client that keeps one from an earlier work, in whose course it is made. */
function askerOf(signal: AbortSignal): Work | undefined {
  const works = [bySignal.get(signal), present.getStore()].filter((work) => work !== undefined)
  return works.find((work) => !work.refusal && !work.isLeft) ?? works.find((work) => !work.refusal) ?? works[0]
}

/** Work that has to hear the end of all that it asks for. It gets a signal of its own. */
export async function withoutForgotten<T>(
  signal: AbortSignal,
  work: (own: AbortSignal) => Promise<T>,
  forgotten: Forgotten,
): Promise<T> {
  const own = begin(signal)
  try {
    const result = await present.run(own, () => work(own.signal))
    await endWork(own, forgotten)
    return result
  } finally {
    own.refusal ??= unwanted
    // What waits for its turn would go beside what is sent instead.
    if (own.open.size > 0) own.controller.abort(unwanted(labelsOf(own)))
    own.end()
  }
}

/** The same of what comes piece by piece, once it is at its end; whoever leaves it earlier has no more use for the rest. */
export async function* withoutForgottenItems<T>(
  signal: AbortSignal,
  read: (own: AbortSignal) => AsyncIterable<T>,
  forgotten: Forgotten,
): AsyncGenerator<T, void, undefined> {
  const own = begin(signal)
  // A generator runs in the name of whoever asks for its next item.
  const items = (async function* () {
    yield* read(own.signal)
  })()
  const next = () => present.run(own, () => items.next())
  try {
    for (let item = await next(); item.done !== true; item = await next()) yield item.value
    await endWork(own, forgotten)
  } finally {
    await present
      .run(own, () => items.return())
      .finally(() => {
        own.isLeft = true
        own.end()
      })
  }
}

function begin(signal: AbortSignal): Work {
  const own = joinSignals([signal])
  const work: Work = { signal: own.signal, open: new Map(), controller: new AbortController(), end: own.release }
  bySignal.set(work.signal, work)
  return work
}

async function endWork(work: Work, { flaw, late }: Forgotten): Promise<void> {
  const { open, controller } = work
  // What the work itself has just ended takes a turn to say so.
  if (open.size > 0) await nextTurn()
  if (open.size > 0) {
    const error = flaw(`it was done before ${labelsOf(work)} had an answer`)
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

function labelsOf({ open }: Work): string {
  const labels = [...open.values()]
  const more = labels.length > 3 ? ` and ${labels.length - 3} more` : ''
  return `${labels.slice(0, 3).join(', ')}${more}`
}

/** It is no news but for another that waits for it, since they share it. */
const unwanted = (label: string) =>
  quieten(
    new MillraceError('MR-1401', {
      message: `${label} was asked for by work that has failed, and ended with it.`,
      kept: 'Rows that were sent and not answered are sent again.',
      next: 'What several share is asked for in `open`, or by each for itself.',
    }),
  )
