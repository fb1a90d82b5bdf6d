import { MillraceError } from '../model/millrace-error.ts'
import { heldByAnother } from './held-by-another.ts'
import { pause, pausedFully } from './pause.ts'
import type { ControlStore, Holder, Lease, LeaseRequest } from './port.ts'

/** A lease that is kept alive while `fn` works. */
export type HeldLease = Lease & {
  /** Whose lease was taken over, if it had not been given back. */
  readonly from: Holder | null
  /**
   * Aborts, with MR-2005, as soon as it is known that the lease is lost, or has run out by this process's own clocks: then
   * another may have it any moment. Ask `holdsLease` before what must not be late.
   */
  readonly lost: AbortSignal
  /** Asks no store, so that it can be asked before every request. @throws MillraceError MR-2005 where the lease is lost */
  readonly check: () => void
  /** From here on a takeover waits at least so long beside the lease, as the longest request takes. @throws MillraceError MR-2005 */
  readonly waitForRequests: (graceMs: number) => Promise<void>
}

export type LeaseOptions = {
  readonly signal: AbortSignal
  /** Called once for each holder that one waits for. */
  readonly onWaiting?: (holder: Holder) => void
  /** How long it took to get it; called once it is held. */
  readonly onTurn?: (waitedMs: number) => void
  /** false: do not wait, throw MR-4001. */
  readonly wait: boolean
}

/** Works under a lease: takes it, renews it at a third of its time to live, gives it back. @throws MillraceError MR-4001 */
export async function withLease<T>(
  store: ControlStore,
  request: LeaseRequest,
  options: LeaseOptions,
  fn: (lease: HeldLease) => Promise<T>,
): Promise<T> {
  const askedAtMs = performance.now()
  const { grant, takenAt } = await takeLease(store, request, options)
  const { lease, from } = grant
  options.onTurn?.(performance.now() - askedAtMs)
  const done = new AbortController()
  const term = new Term(lease, takenAt)
  const heartbeat = keepAlive(store, term, done.signal)
  try {
    return await fn({
      ...lease,
      from,
      lost: term.lost,
      check: () => term.check(),
      async waitForRequests(graceMs) {
        if (graceMs > request.graceMs && !(await store.renewLease({ ...lease, graceMs }))) term.end(takenByAnother)
        term.check()
      },
    })
  } finally {
    done.abort()
    await heartbeat
    term.close()
    await store.releaseLease(lease)
  }
}

async function takeLease(store: ControlStore, request: LeaseRequest, options: LeaseOptions) {
  let waitingFor: string | undefined
  for (;;) {
    options.signal.throwIfAborted()
    const takenAt = readClocks()
    const grant = await store.acquireLease(request)
    if (grant.granted) return { grant, takenAt }
    if (!options.wait) throw heldByAnother(request.name, grant.holder)
    if (waitingFor !== grant.holder.runId) options.onWaiting?.(grant.holder)
    waitingFor = grant.holder.runId
    await pause(Math.min(grant.retryAfterMs, askEveryMs), options.signal)
  }
}

/**
 * How long the lease is surely held, by both clocks of this process: the steady one stands still while the machine sleeps, and
 * the wall clock can be set back. What has run out once does not come back.
 */
class Term {
  readonly lease: Lease
  readonly #lost = new AbortController()
  #until: Clocks = { steadyMs: 0, wallMs: 0 }
  #deadline: NodeJS.Timeout | undefined
  #cause: unknown

  constructor(lease: Lease, takenAt: Clocks) {
    this.lease = lease
    this.renewed(takenAt)
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Asked for at that instant, and granted since. */
  renewed({ steadyMs, wallMs }: Clocks): void {
    const { ttlMs } = this.lease
    this.#until = { steadyMs: steadyMs + ttlMs, wallMs: wallMs + ttlMs }
    this.#cause = undefined
    this.#watch()
  }

  failed(error: unknown): void {
    this.#cause = error
  }

  end(why: string): void {
    this.#lost.abort(leaseLost(this.lease.name, why, this.#cause))
  }

  check(): void {
    // A process that was frozen, or slept, is asked before its timer tells it.
    if (this.#restMs() <= 0) this.end(notRenewed)
    this.lost.throwIfAborted()
  }

  close(): void {
    clearTimeout(this.#deadline)
  }

  #restMs(): number {
    const { steadyMs, wallMs } = readClocks()
    return Math.min(this.#until.steadyMs - steadyMs, this.#until.wallMs - wallMs)
  }

  /** Timers may be a little early. */
  #watch(): void {
    clearTimeout(this.#deadline)
    const restMs = this.#restMs()
    if (restMs <= 0) this.end(notRenewed)
    else this.#deadline = setTimeout(() => this.#watch(), Math.ceil(restMs))
  }
}

type Clocks = { readonly steadyMs: number; readonly wallMs: number }

const readClocks = (): Clocks => ({ steadyMs: performance.now(), wallMs: Date.now() })

/** A renewal that cannot be written is tried again, also after the time is over: whoever only commits may go on with it. */
async function keepAlive(store: ControlStore, term: Term, done: AbortSignal): Promise<void> {
  const { lease } = term
  let waitMs = lease.ttlMs / 3
  while (await pausedFully(waitMs, done)) {
    const askedAt = readClocks()
    try {
      if (!(await store.renewLease(lease))) return term.end(takenByAnother)
      term.renewed(askedAt)
      waitMs = lease.ttlMs / 3
    } catch (error) {
      term.failed(error)
      waitMs = Math.min(lease.ttlMs / 10, askEveryMs)
    }
  }
}

const takenByAnother = 'another run has it now'
const notRenewed = 'it could not be renewed in time'

const leaseLost = (name: string, why: string, cause?: unknown) =>
  new MillraceError('MR-2005', {
    message: `the lease ${name} is lost: ${why}`,
    kept: 'What was committed stays; nothing more is sent by this run.',
    next: 'The next run sends again whatever was not answered.',
    cause,
  })

const askEveryMs = 500
