import { heldByAnother } from './held-by-another.ts'
import { pausedFully } from './pause.ts'
import type { ControlStore, Holder, Ticket, TicketRequest } from './port.ts'

export type TicketOptions = {
  readonly signal: AbortSignal
  /** Called once for each holder that one waits for. */
  readonly onWaiting?: (holder: Holder) => void
  /** How long it took until it was one's turn; called once it is. */
  readonly onTurn?: (waitedMs: number) => void
  /** false: do not wait, give the ticket back and throw MR-4001. @default true */
  readonly wait?: boolean
  /** @default 20 */
  readonly pollMs?: number
}

/**
 * Queues for a resource, works when it is one's turn, and gives the ticket back, whatever happens.
 * @throws MillraceError MR-4001
 */
export async function withTicket<T>(
  store: ControlStore,
  request: TicketRequest,
  options: TicketOptions,
  fn: () => Promise<T>,
): Promise<T> {
  options.signal.throwIfAborted()
  const askedAtMs = performance.now()
  const ticket = await store.takeTicket(request)
  try {
    await awaitTurn(store, ticket, options)
    options.onTurn?.(performance.now() - askedAtMs)
    return await whileSignsOfLife(store, ticket, fn)
  } finally {
    await store.returnTicket(ticket)
    for (const wake of waiting.get(ticket.resource) ?? []) wake()
  }
}

async function awaitTurn(store: ControlStore, ticket: Ticket, options: TicketOptions): Promise<void> {
  let waitingFor: string | undefined
  for (;;) {
    const holder = await store.ticketBefore(ticket)
    if (!holder) return
    if (options.wait === false) throw heldByAnother(ticket.resource, holder)
    if (waitingFor !== holder.runId) options.onWaiting?.(holder)
    waitingFor = holder.runId
    await pauseUntilReturned(ticket.resource, options)
  }
}

/** Other processes are asked again and again; whoever gives a ticket back in this one says so. */
async function pauseUntilReturned(resource: string, options: TicketOptions): Promise<void> {
  const returned = new AbortController()
  const wake = () => returned.abort()
  options.signal.throwIfAborted()
  const here = waiting.get(resource) ?? new Set()
  waiting.set(resource, here.add(wake))
  try {
    options.signal.addEventListener('abort', wake)
    await pausedFully(options.pollMs ?? defaultPollMs, returned.signal)
    options.signal.throwIfAborted()
  } finally {
    options.signal.removeEventListener('abort', wake)
    here.delete(wake)
    if (here.size === 0) waiting.delete(resource)
  }
}

/** Who waits for a resource in this process. */
const waiting = new Map<string, Set<() => void>>()

/** Other hosts know a ticket by its being asked for. */
async function whileSignsOfLife<T>(store: ControlStore, ticket: Ticket, fn: () => Promise<T>): Promise<T> {
  const done = new AbortController()
  const signs = showSignsOfLife(store, ticket, done.signal)
  try {
    return await fn()
  } finally {
    done.abort()
    await signs
  }
}

async function showSignsOfLife(store: ControlStore, ticket: Ticket, done: AbortSignal): Promise<void> {
  while (await pausedFully(signOfLifeEveryMs, done)) {
    try {
      await store.ticketBefore(ticket)
    } catch {
      continue // a sign that fails is no reason to stop the work; the next one may get through
    }
  }
}

const defaultPollMs = 20
const signOfLifeEveryMs = 10_000
