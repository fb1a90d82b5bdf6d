import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '../model/millrace-error.ts'
import { classify } from './classify.ts'
import { describeFailure } from './failure-report.ts'
import type { CallRequest, Failure } from './host.ts'
import type { Limiter } from './limiter.ts'
import { quieten } from './quiet-errors.ts'
import type { Redactor } from './redact.ts'
import { redactThrown } from './redacted-connector.ts'

export type RetryPolicy = {
  /** Tries in all. @default 5 */
  readonly attempts: number
  /** Tries where the answer is not what the vendor documents: a proxy's page goes away, a wrong client does not. @default 3 */
  readonly malformedAttempts: number
  /** The first wait is anything up to this; each next one may be twice as long. @default 500 */
  readonly initialMs: number
  /** @default 60_000 */
  readonly maxMs: number
  /** For attempts and waits together, but for what the vendor itself asked to wait. @default 300_000 */
  readonly budgetMs: number
  /** The longest Retry-After that is waited for. @default 900_000 */
  readonly maxRetryAfterMs: number
  /** 0 ≤ x < 1 */
  readonly random: () => number
}

export const defaultRetry: RetryPolicy = {
  attempts: 5,
  malformedAttempts: 3,
  initialMs: 500,
  maxMs: 60_000,
  budgetMs: 300_000,
  maxRetryAfterMs: 900_000,
  random: Math.random,
}

export type Caller = {
  /** Whose credentials: for errors. */
  readonly connection: string
  readonly limiter: Limiter
  readonly endpointLimiter: (endpoint: string) => Limiter
  readonly retry: RetryPolicy
  readonly redactor: Redactor
  readonly now: () => Date
  /** Throws where no call may be made: a warehouse session is open. */
  readonly permit: (label: string) => void
  readonly onSent: (label: string) => void
  readonly onRetry: (label: string, attempt: number, waitMs: number, reason: string) => void
  readonly onLimited: (waitMs: number) => void
  /** A request that the vendor may have taken, and whose answer is lost, is made again. */
  readonly onAnswerLost: () => void
}

/** One vendor call: attempts with full-jitter backoff between them, until it works or trying again makes no sense. */
export async function callVendor<T>(
  caller: Caller,
  request: CallRequest,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { retry, limiter } = caller
  const label = caller.redactor.words(request.label)
  if (request.ratePerSecond !== undefined) limiter.limitRate(request.ratePerSecond)
  const ofEndpoint = request.endpoint && caller.endpointLimiter(request.endpoint.name)
  if (request.endpoint) ofEndpoint?.limitRate(request.endpoint.ratePerSecond)
  const startedAt = performance.now()
  let askedMs = 0
  let malformed = 0
  for (let tries = 1; ; tries++) {
    caller.permit(label)
    await untilStopped(limiter.take(request.signal, ofEndpoint), request.signal, label)
    // A listener would not hear any more of it.
    if (request.signal.aborted) throw stopped(request.signal, label)
    caller.permit(label)
    caller.onSent(label)
    try {
      return await runAttempt(request, attempt)
    } catch (error) {
      if (request.signal.aborted) throw stopped(request.signal, label)
      const failure = understand(caller, { request, label }, error)
      if (failure.kind === 'malformed') malformed++
      const spentMs = performance.now() - startedAt
      const waitMs = waitBefore(tries, failure, retry)
      const ending = whyNotAgain(failure, request, { tries, malformed, waitMs, spentMs: spentMs - askedMs }, retry)
      // Whoever asks next waits for it, though this one does not.
      if (ending === 'not repeatable' && failure.kind === 'rate') limiter.pause(waitMs)
      if (ending)
        throw describeFailure(failure, {
          ...caller,
          label,
          docs: request.docs,
          tries,
          spentMs,
          ending,
          now: caller.now(),
          cause: error,
        })
      if (failure.kind === 'rate') {
        limiter.pause(waitMs)
        caller.onLimited(waitMs)
      }
      caller.onRetry(label, tries, waitMs, failure.message)
      if (mayBeTaken(request, failure)) caller.onAnswerLost()
      if (failure.retryAfterMs) askedMs += waitMs
      await untilStopped(sleep(waitMs, undefined, { signal: request.signal }), request.signal, label)
    }
  }
}

/** The attempt under its own timeout; an SDK that ignores its signal is left behind, and its late answer with it. */
async function runAttempt<T>(request: CallRequest, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timeoutMs = request.timeoutMs ?? defaultTimeoutMs
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const end = (reason: unknown) => {
    controller.abort(reason)
    reject(reason)
  }
  const onStop = () => end(request.signal.reason)
  request.signal.addEventListener('abort', onStop, { once: true })
  const timer = setTimeout(
    () => end(new DOMException(`no whole answer within ${timeoutMs / 1000} s`, 'TimeoutError')),
    timeoutMs,
  )
  try {
    return await Promise.race([attempt(controller.signal), aborted])
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', onStop)
  }
}

/** @throws what is not a failure of the vendor, redacted */
function understand(
  { redactor, connection, now }: Caller,
  { request, label }: { readonly request: CallRequest; readonly label: string },
  error: unknown,
): Failure {
  const failure = request.classify?.(error) ?? classify(error, now())
  if (failure)
    return {
      ...failure,
      message: redactor.words(failure.message),
      ...(failure.code === undefined ? {} : { code: redactor.words(failure.code) }),
    }
  if (error instanceof MillraceError) throw redactThrown(error, redactor)
  const message = redactor.words(error instanceof Error ? error.message : String(error))
  throw new MillraceError('MR-7000', {
    message: `${connection}: ${label} failed in a way that its connector does not know: ${message}`,
    next: 'Run again with -v for the stack, and report it.',
    cause: redactor.deep(error),
  })
}

const mayBeTaken = ({ readsOnly }: CallRequest, { kind, notReceived }: Failure): boolean =>
  readsOnly !== true && notReceived !== true && kind !== 'rate'

function waitBefore(tries: number, failure: Failure, retry: RetryPolicy): number {
  const backoffMs = retry.random() * Math.min(retry.maxMs, retry.initialMs * 2 ** (tries - 1))
  return Math.ceil(Math.max(failure.retryAfterMs ?? 0, backoffMs))
}

export type Ending = 'final' | 'not repeatable' | 'attempts' | 'budget' | 'absurd'

function whyNotAgain(
  failure: Failure,
  request: CallRequest,
  so: { readonly tries: number; readonly malformed: number; readonly waitMs: number; readonly spentMs: number },
  retry: RetryPolicy,
): Ending | undefined {
  if (failure.kind === 'auth' || failure.kind === 'refused' || failure.kind === 'quota') return 'final'
  if (request.repeatable === 'never' || (request.repeatable === false && !failure.notReceived)) return 'not repeatable'
  if ((failure.retryAfterMs ?? 0) > retry.maxRetryAfterMs) return 'absurd'
  if (so.tries >= retry.attempts || so.malformed >= retry.malformedAttempts) return 'attempts'
  return so.spentMs + (failure.retryAfterMs ? 0 : so.waitMs) > retry.budgetMs ? 'budget' : undefined
}

async function untilStopped(waiting: Promise<unknown>, signal: AbortSignal, label: string): Promise<void> {
  try {
    await waiting
  } catch (error) {
    if (signal.aborted) throw stopped(signal, label)
    throw error
  }
}

/** Whoever told it to stop knows it. */
const stopped = (signal: AbortSignal, label: string): MillraceError =>
  quieten(
    signal.reason instanceof MillraceError
      ? signal.reason
      : new MillraceError('MR-7001', { message: `${label} was stopped on the way.`, cause: signal.reason }),
  )

const defaultTimeoutMs = 30_000
