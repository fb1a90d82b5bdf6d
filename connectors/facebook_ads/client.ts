import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError, type Host, type Exchange } from 'millrace'
import { classifyFailure } from './classify-failure.ts'
import { GraphError, isRefusal, isUnknown } from './graph-error.ts'
import { loadSdk, type Connection, type Sdk } from './sdk.ts'
import { pauseMs, readUsage } from './usage.ts'

/** The Graph API through the vendor's SDK, with the host as the only layer that retries. */
export type GraphApi = {
  readonly ask: <T>(request: Ask<T>) => Promise<T>
  readonly host: Host
}

export type Ask<T> = {
  /** Method and path, without version and token: `GET /act_1/campaigns`. */
  readonly label: string
  readonly docs: string
  readonly signal: AbortSignal
  readonly send: (sdk: Sdk) => Promise<unknown>
  /** What the answer means; `readAt` is our clock just before the attempt that brought it. An answer that it throws at is asked for again. */
  readonly read: (bytes: Uint8Array, readAt: Date) => T
  /** Takes a refusal that is an answer, too. */
  readonly recover?: (error: GraphError) => T | undefined
  /** Takes the error in which it ends where the vendor itself does not know why, however often it is asked. */
  readonly giveUp?: (error: MillraceError) => T
}

export async function openClient(connection: Connection, host: Host): Promise<GraphApi> {
  const sdkOf = await loadSdk(connection)
  let goOnAt = 0
  let notedAt = 0
  let hasWarned = false

  /** What the throttle headers ask for, before the limit is reached. */
  const noteUsage = ({ answer }: Exchange, begunAt: number) => {
    const usage = answer && readUsage(answer.header)
    if (!usage) return
    const waitMs = pauseMs(usage)
    const now = performance.now()
    // Insights, lists and accounts have limits of their own, and streams are read at once: an answer to what was asked before a pause does not end it.
    if (begunAt >= notedAt || now + waitMs > goOnAt) {
      goOnAt = now + waitMs
      notedAt = now
    }
    if (waitMs === 0 || hasWarned) return
    hasWarned = true
    host.warn(
      `Facebook: ${Math.round(usage.percent)} % of the limit for ${usage.what} is used up. Requests go slower from here on, so that it is not reached.`,
    )
  }

  return {
    host,
    ask: async ({ label, docs, signal, send, read, recover, giveUp }) => {
      const waitMs = goOnAt - performance.now()
      if (waitMs > 0) await pause(waitMs, signal)
      const said: GraphError[] = []
      try {
        return await host.call({ label, docs, signal, classify: classifyFailure, timeoutMs }, async (attemptSignal) => {
          const readAt = new Date()
          const begunAt = performance.now()
          const exchange: Exchange = { signal: attemptSignal, answer: null }
          await send(sdkOf(exchange))
          const { answer } = exchange
          if (!answer) throw new MillraceError('MR-7000', { message: `${label}: Facebook's SDK sent nothing.` })
          host.sawDate(answer.header('date'))
          noteUsage(exchange, begunAt)
          if (!isRefusal(answer)) return read(answer.bytes, readAt)
          const error = new GraphError(answer)
          said.push(error)
          const recovered = recover?.(error)
          if (recovered === undefined) throw error
          return recovered
        })
      } catch (error) {
        const last = said.at(-1)
        const isUnknownToIt = last !== undefined && isUnknown(last)
        if (giveUp && isUnknownToIt && error instanceof MillraceError && error.code === 'MR-3003') return giveUp(error)
        throw error
      }
    },
  }
}

/** @throws MillraceError MR-7001 */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (cause) {
    throw signal.reason instanceof MillraceError
      ? signal.reason
      : new MillraceError('MR-7001', { message: 'Waiting for Facebook was stopped on the way.', cause })
  }
}

/** Lists with many fields are slow. */
const timeoutMs = 120_000
