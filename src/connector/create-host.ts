import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, type Clock } from '../model/clock.ts'
import type { Emit } from '../model/event.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import { callVendor, defaultRetry, type Caller, type RetryPolicy } from './call.ts'
import type { Context } from './context.ts'
import type { Host } from './host.ts'
import { httpOptions } from './connector-forms.ts'
import { httpOfNobody } from './http-of-nobody.ts'
import { createHttp } from './http.ts'
import { joinSignals } from './join-signals.ts'
import { ended } from './member-forms.ts'
import { processLimiters, type LimiterRegistry } from './limiter.ts'
import { askFor } from './open-requests.ts'
import { keepRedactor } from './process-redactors.ts'
import { createRedactor, type Redactor } from './redact.ts'
import { createTransport, type Transport, type TransportOptions } from './transport.ts'
import { readOwnPackage } from './own-package.ts'

export type HostOptions = {
  /** The connection's name: for events and errors. */
  readonly connection: string
  readonly runId: string
  readonly emit: Emit
  /** The run's spool directory; made when the first path is asked for. */
  readonly spoolDir: string
  /** Ends every call of this host. */
  readonly signal?: AbortSignal
  /** The resolved secrets of the connection: they key the limiter, and never leave. */
  readonly secrets: readonly string[]
  /** @default the limiters of this process */
  readonly limiters?: LimiterRegistry
  readonly retry?: Partial<RetryPolicy>
  readonly transport?: TransportOptions
  readonly clock?: Clock
  /** Is a warehouse session open around this call? @default never */
  readonly inSession?: () => boolean
  /** Asked just before each attempt; throws where none may begin any more. @default any may */
  readonly mayBegin?: () => void
  /** Told of each request that is made again though the vendor may have taken it. */
  readonly onAnswerLost?: () => void
}

/** The host as the engine holds it: what connectors see, and what only the engine asks. */
export type EngineHost = Host & {
  /** Attempts that were made, retries included. */
  readonly requests: () => number
  readonly redactor: Redactor
  /** What a stream of an SDK connector is read with. Its `http` refuses: such a connector has its own client. */
  readonly context: (signal: AbortSignal) => Context
  /** Closes the sockets. Calls fail afterwards. */
  readonly close: () => Promise<void>
}

export function createHost(options: HostOptions): EngineHost {
  const { connection, runId: run_id, emit, secrets } = options
  const clock = options.clock ?? systemClock
  const redactor = createRedactor(secrets)
  keepRedactor(redactor)
  const limiters = options.limiters ?? processLimiters
  const transports: Transport[] = []
  const version = readOwnPackage().version
  let requests = 0
  let spooled = 0
  let date: Date | null = null

  const caller: Caller = {
    connection,
    limiter: limiters.of(secrets, connection),
    endpointLimiter: (endpoint) => limiters.ofEndpoint(secrets, connection, endpoint),
    retry: { ...defaultRetry, ...options.retry },
    redactor,
    now: () => clock.now(),
    permit(label) {
      if (options.inSession?.()) throw callInSession(connection, label)
      options.mayBegin?.()
    },
    onSent(label) {
      requests++
      emit({ type: 'request.sent', run_id, connection, label })
    },
    onRetry: (label, attempt, wait_ms, reason) =>
      emit({ type: 'request.retried', run_id, connection, label, attempt, wait_ms, reason }),
    onLimited: (wait_ms) => emit({ type: 'rate.limited', run_id, connection, wait_ms }),
    onAnswerLost: () => options.onAnswerLost?.(),
  }

  const closed = new AbortController()
  const call: Host['call'] = (request, attempt) =>
    askFor(request, (ended) =>
      withSignals([request.signal, options.signal, ended, closed.signal], (signal) =>
        callVendor(caller, { ...request, signal }, attempt),
      ),
    )

  const sawDate = (header: string | null | undefined) => {
    const seen = new Date(header ?? '')
    if (!Number.isNaN(seen.getTime())) date = seen
  }

  const host: EngineHost = {
    call,
    http(given) {
      const flaw = httpOptions(given, '')
      if (flaw !== null)
        throw new MillraceError('MR-1401', {
          message: `The connection ${connection} cannot be opened: of what its connector gives as http, ${ended(flaw)}`,
          kept: 'Nothing was asked of the vendor.',
          next: 'Mend it where the connector gives `http`, or calls `host.http`.',
        })
      const transport = createTransport(options.transport)
      transports.push(transport)
      return createHttp(given, {
        call,
        transport,
        sawDate,
        signedWith: redactor.addPassing,
        now: () => clock.now(),
        version,
      })
    },
    sawDate,
    lastDate: () => date,
    spoolPath(name) {
      mkdirSync(options.spoolDir, ownFolder(options.spoolDir))
      return join(
        options.spoolDir,
        `${++spooled}-${name
          .replace(/[^\w.-]+/g, '_')
          .replace(/^\.+/, '')
          .slice(-80)}`,
      )
    },
    warn: (message) => emit({ type: 'run.warning', run_id, message: redactor.words(message) }),
    secret: redactor.add,
    requests: () => requests,
    redactor,
    context: (signal) => ({ signal, host, http: httpOfNobody(connection) }),
    async close() {
      // Else a request that nobody awaited would be tried again on a client that is gone.
      closed.abort(hostClosed(connection))
      await Promise.all(transports.map((transport) => transport.close()))
    },
  }
  return host
}

async function withSignals<T>(
  signals: readonly (AbortSignal | undefined)[],
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, release } = joinSignals(signals)
  try {
    return await use(signal)
  } finally {
    release()
  }
}

const hostClosed = (connection: string) =>
  new MillraceError('MR-7001', { message: `${connection}: its connection is closed, and nothing more is asked of it.` })

const callInSession = (connection: string, label: string) =>
  new MillraceError('MR-7000', {
    message: `${connection}: ${label} was asked for while a warehouse session is open, which would hold the warehouse for as long as the vendor takes.`,
    kept: 'Nothing was sent.',
    next: 'Report it: calls belong before or after a session.',
  })
