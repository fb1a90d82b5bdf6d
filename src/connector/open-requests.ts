/** Requests that are still open, or begin, when the work that makes them says that it is done: what it says, it cannot know. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '../model/millrace-error.ts'
import { joinSignals } from './join-signals.ts'
import { quieten } from './quiet-errors.ts'

type Work = {
  readonly signal: AbortSignal
  /** What it waits for, by any number. */
  readonly open: Map<symbol, string>
  /** Ends them. */
  readonly controller: AbortController
  readonly end: () => void
  /** Why a request of it does not begin any more. */
  refusal?: (label: string, asked?: InAnothers) => Error
  /** Nobody wants the rest of it; but others may share what it asks for. */
  isLeft?: true
}

/** By a client that was handed to the work: it waited in a queue, or the other has kept that client. */
export type InAnothers = 'in the course of another'

export type Forgotten = {
  /** What is thrown; `what`: what the work did, and they end with it. */
  readonly flaw: (what: string, asked?: InAnothers) => Error
  /** Told of a request that begins when the work is done. */
  readonly late: (error: Error) => void
}

/** `handed`: by a client of this work, which was called `by` another, as behind a queue. */
type Course = { readonly work: Work; readonly handed?: { readonly by: Work | undefined } }

const present = new AsyncLocalStorage<Course>()
const bySignal = new WeakMap<AbortSignal, Work>()

/**
 * For the clients that are handed to the work in whose course this is: asks in its name, in whoever's course that comes to be.
 * undefined: nobody is asked what it forgot.
 */
export function inItsName(): (<T>(ask: () => T) => T) | undefined {
  const work = present.getStore()?.work
  if (!work) return undefined
  return (ask) =>
    // Who shares what it asked for, once it is left, may have kept its client.
    work.isLeft ? ask() : present.run({ work, handed: { by: present.getStore()?.work } }, ask)
}

type Asked = { readonly label: string; readonly signal: AbortSignal }

/** Of the host: asks in the name of the work that it is asked by. `ended`: the work was over before the answer came. */
export async function askFor<T>(
  { label, signal }: Asked,
  ask: (ended: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const course = present.getStore()
  const work = askerOf(signal, course)
  if (!work) return await ask(undefined)
  if (work.refusal) {
    const by = course?.handed?.by
    const refusal = work.refusal(label, by && by !== work ? 'in the course of another' : undefined)
    // Whoever asks again at once, and for ever, leaves others their turn.
    await nextTurn()
    throw refusal
  }
  const request = Symbol(label)
  work.open.set(request, label)
  try {
    return await present.run({ work }, () => ask(work.controller.signal))
  } catch (error) {
    // The work went without it: what becomes of it is told nobody, unless somebody waits.
    if ((work.refusal || work.isLeft) && error instanceof Error) quieten(error)
    throw error
  } finally {
    work.open.delete(request)
  }
}

/** Who was handed the client; of one that is kept from `open` whose signal it has, and where that is over in whose course it is made. */
function askerOf(signal: AbortSignal, course: Course | undefined): Work | undefined {
  const signed = bySignal.get(signal)
  const works = (course?.handed ? [course.work, signed] : [signed, course?.work]).filter((work) => work !== undefined)
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
    const result = await present.run({ work: own }, () => work(own.signal))
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
  const next = () => present.run({ work: own }, () => items.next())
  try {
    for (let item = await next(); item.done !== true; item = await next()) yield item.value
    await endWork(own, forgotten)
  } finally {
    await present
      .run({ work: own }, () => items.return())
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
  work.refusal = (label, asked) => {
    const error = flaw(`it asked for ${label} when it was done`, asked)
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
