import { MillraceError } from '../model/millrace-error.ts'
import { heldByAnother } from './held-by-another.ts'
import { pause, pausedFully } from './pause.ts'
import type { ControlStore, Holder, Lease, LeaseRequest } from './port.ts'

/** A lease that is kept alive while `fn` works. */
export type HeldLease = Lease & {
  /** Whose lease was taken over, if it had not been given back. */
  readonly from: Holder | null
  /** Aborts, with MR-2005, as soon as it is known that the lease is lost. Ask `holdsLease` before what must not be late. */
  readonly lost: AbortSignal
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
  const { lease, from } = await takeLease(store, request, options)
  options.onTurn?.(performance.now() - askedAtMs)
  const lost = new AbortController()
  const done = new AbortController()
  const heartbeat = keepAlive(store, lease, { lost, done: done.signal })
  try {
    return await fn({ ...lease, from, lost: lost.signal })
  } finally {
    done.abort()
    await heartbeat
    await store.releaseLease(lease)
  }
}

async function takeLease(store: ControlStore, request: LeaseRequest, options: LeaseOptions) {
  let waitingFor: string | undefined
  for (;;) {
    options.signal.throwIfAborted()
    const grant = await store.acquireLease(request)
    if (grant.granted) return grant
    if (!options.wait) throw heldByAnother(request.name, grant.holder)
    if (waitingFor !== grant.holder.runId) options.onWaiting?.(grant.holder)
    waitingFor = grant.holder.runId
    await pause(Math.min(grant.retryAfterMs, askEveryMs), options.signal)
  }
}

/** A renewal that cannot be written is tried again until the lease has run out by this process's own steady clock. */
async function keepAlive(
  store: ControlStore,
  lease: Lease,
  { lost, done }: { readonly lost: AbortController; readonly done: AbortSignal },
): Promise<void> {
  let heldUntilMs = performance.now() + lease.ttlMs
  let waitMs = lease.ttlMs / 3
  while (await pausedFully(waitMs, done)) {
    const askedAtMs = performance.now()
    try {
      if (!(await store.renewLease(lease))) return lost.abort(leaseLost(lease.name, 'another run has it now'))
      heldUntilMs = askedAtMs + lease.ttlMs
      waitMs = lease.ttlMs / 3
    } catch (error) {
      if (performance.now() >= heldUntilMs) return lost.abort(leaseLost(lease.name, 'it could not be renewed', error))
      waitMs = Math.min(lease.ttlMs / 10, askEveryMs)
    }
  }
}

const leaseLost = (name: string, why: string, cause?: unknown) =>
  new MillraceError('MR-2005', {
    message: `the lease ${name} is lost: ${why}`,
    kept: 'What was committed stays; nothing more is sent by this run.',
    next: 'The next run sends again whatever was not answered.',
    cause,
  })

const askEveryMs = 500
