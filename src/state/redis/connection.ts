/** One connection to Redis, which comes back by itself, and patience with it while it is away. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { decodePart } from '../../model/decode-part.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import { NoAnswerError, type Trouble, troubleError, troubleOf } from './trouble.ts'

export type Connection = {
  /** host:port; never the URL. */
  readonly where: string
  /**
   * Works on Redis, again and again while it is away, then MR-6004. `work` may have been done although its answer was lost:
   * it must be safe to repeat.
   */
  readonly patiently: <T>(doing: string, work: (redis: Redis) => Promise<T>, patience?: Patience) => Promise<T>
  /** How long Redis was away the last time, and how long it has been back. null: it never was. */
  readonly lastOutage: () => { readonly lastedMs: number; readonly agoMs: number } | null
  /** After each connection that came back. */
  readonly onBack: (listener: () => void) => void
  readonly isClosed: () => boolean
  readonly close: () => void
}

export type Patience = {
  /** At most; never more than the store's own. */
  readonly ms?: number
  /** `outage`: all that is asked for in one outage waits so long together. @default 'call' */
  readonly since?: 'call' | 'outage'
}

export type ConnectionOptions = {
  /** redis:// or rediss://, with its password. It is shown nowhere. */
  readonly url: string
  readonly patienceMs: number
  readonly onProblem: (message: string) => void
}

/** @throws MillraceError MR-1201: that is no URL of a Redis */
export async function openConnection({ url, patienceMs, onProblem }: ConnectionOptions): Promise<Connection> {
  const { where, secrets } = readUrl(url)
  const redis = await connect(url)
  const clean = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text)
  let lastError: Error | null = null
  let downSinceMs: number | null = performance.now()
  let wasOpen = false
  let isSaid = false
  let isClosed = false
  let outage: { readonly lastedMs: number; readonly endedMs: number } | null = null
  const listeners: (() => void)[] = []
  redis.on('error', (error: Error) => {
    lastError = error
  })
  redis.on('ready', () => {
    const endedMs = performance.now()
    if (wasOpen && downSinceMs !== null) outage = { lastedMs: endedMs - downSinceMs, endedMs }
    wasOpen = true
    lastError = null
    downSinceMs = null
    if (isSaid) onProblem(`Redis at ${where} answers again.`)
    isSaid = false
    for (const listener of listeners) listener()
  })
  redis.on('close', () => {
    downSinceMs ??= performance.now()
    // What happens before the first connection is said by whoever opens it.
    if (isClosed || isSaid || !wasOpen) return
    isSaid = true
    onProblem(`Redis at ${where} is away; trying again.`)
  })
  redis.connect().catch((error: Error) => (lastError ??= error)) // it goes on trying

  const failure = (trouble: Trouble, doing: string, waitedMs: number) => {
    const waited = waitedMs < 100 ? '' : ` (waited ${(waitedMs / 1_000).toFixed(1)} s)`
    return troubleError({ ...trouble, what: `${clean(trouble.what)}${waited}` }, where, doing)
  }

  return {
    where,
    async patiently(doing, work, { ms: atMostMs = patienceMs, since = 'call' } = {}) {
      const ms = Math.min(atMostMs, patienceMs)
      const beganMs = since === 'outage' ? (downSinceMs ?? performance.now()) : performance.now()
      let told: Trouble | null = null
      const leftMs = () => beganMs + ms - performance.now()
      for (;;) {
        if (isClosed) throw closedError(where, doing)
        const allowedMs = Math.max(leftMs(), leastMs)
        try {
          return await withinTime(allowedMs, work(redis))
        } catch (error) {
          const trouble = troubleOf(error, lastError)
          if (trouble === null) throw error
          // That there is no connection says less than what Redis said before it.
          if (told === null || trouble.kind !== 'away') told = trouble
          const mayPass = trouble.kind === 'away' || trouble.kind === 'not_yet'
          if (!mayPass || leftMs() <= 0)
            throw failure(told.kind === 'not_yet' ? told : trouble, doing, performance.now() - beganMs)
          // After a failover the name may lead to the new primary.
          if (trouble.what.startsWith('READONLY')) redis.disconnect(true)
        }
        await untilReady(redis, Math.min(askEveryMs, Math.max(leftMs(), 1)))
      }
    },
    lastOutage: () => outage && { lastedMs: outage.lastedMs, agoMs: performance.now() - outage.endedMs },
    onBack: (listener) => void listeners.push(listener),
    isClosed: () => isClosed,
    close: () => {
      isClosed = true
      redis.disconnect()
    },
  }
}

async function connect(url: string): Promise<Redis> {
  const { Redis: Client } = await import('ioredis')
  return new Client(url, {
    lazyConnect: true,
    // Whether a command is repeated is decided here, by `patiently`, and by nobody else.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), longestBackOffMs),
    connectTimeout: 5_000,
    socketTimeout: 5_000,
    protocol: 2,
    disableClientInfo: true,
  })
}

function readUrl(url: string): { readonly where: string; readonly secrets: readonly string[] } {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw notOfRedis() // the error of URL holds the whole text
  }
  if (!['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') throw notOfRedis()
  const { username, password } = parsed
  const secrets = [password, decodePart(password), username, decodePart(username)].filter((text) => text.length > 2)
  return { where: `${parsed.hostname}:${parsed.port || '6379'}`, secrets }
}

const notOfRedis = () =>
  new MillraceError('MR-1201', {
    message: 'the URL of the control store is not one of Redis',
    kept: 'Nothing was run.',
    next: 'It looks like redis://user:password@host:6379/0, or rediss://… with TLS.',
  })

const closedError = (where: string, doing: string) =>
  new MillraceError('MR-6004', {
    message: `control store on Redis at ${where}: ${doing} failed: it was closed`,
    next: 'Run again.',
  })

async function withinTime<T>(ms: number, work: Promise<T>): Promise<T> {
  const given = new AbortController()
  const late = sleep(ms, undefined, { signal: given.signal }).then(() => {
    throw new NoAnswerError()
  })
  late.catch(() => undefined) // aborted below: the work was in time
  try {
    return await Promise.race([work, late])
  } finally {
    given.abort()
    work.catch(() => undefined) // what comes after that nobody asks for
  }
}

async function untilReady(redis: Redis, ms: number): Promise<void> {
  const stop = new AbortController()
  const ready = once(redis, 'ready', { signal: stop.signal }).catch(() => undefined)
  await Promise.race([ready, sleep(ms)])
  stop.abort()
}

const askEveryMs = 100
/** Also for a call that has no patience left: an answer that is there is taken. */
const leastMs = 100
const longestBackOffMs = 2_000
