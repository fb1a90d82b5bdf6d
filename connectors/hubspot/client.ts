import type { CallRequest, Exchange, Host } from 'millrace'
import { classifyFailure, HubspotRefusal, parseObject, type JsonBody, type VendorError } from './classify-failure.ts'
import { loadSdk, type Sdk } from './sdk.ts'
import { malformed } from './transport.ts'

/** HubSpot's API through the vendor's SDK, with the host as the only layer that retries. */
export type HubspotApi = {
  readonly call: <T>(request: ApiCall<T>) => Promise<T>
  /** Says something in the run. */
  readonly warn: (message: string) => void
}

export type ApiCall<T> = {
  readonly label: string
  readonly docs: string
  readonly signal: AbortSignal
  /** @default true */
  readonly repeatable?: boolean | 'never'
  readonly readsOnly?: true
  readonly timeoutMs?: number
  /** The search has a limit of its own. @default none */
  readonly endpoint?: CallRequest['endpoint']
  readonly send: (sdk: Sdk) => Promise<unknown>
  /** What the answer means. Called within the attempt: what it throws is the attempt's failure. */
  readonly read: (body: JsonBody, correlationId: string | null) => T
  /** Takes a refusal that is an answer, too. */
  readonly recover?: (error: VendorError) => { readonly value: T } | undefined
}

export type Connection = {
  readonly access_token: string
  readonly base_url: string
  readonly requests_per_10_seconds: number
}

export async function openClient(connection: Connection, host: Host): Promise<HubspotApi> {
  const makeSdk = await loadSdk(connection)
  const ratePerSecond = connection.requests_per_10_seconds / 10

  async function attempt<T>({ send, read, recover }: ApiCall<T>, signal: AbortSignal): Promise<T> {
    const exchange: Exchange = { signal, answer: null }
    try {
      await send(makeSdk(exchange))
    } catch (error) {
      // What the SDK thinks of an answer is of no interest: it takes a 207 for success, and prints whole bodies.
      if (answerOf(exchange) === null || signal.aborted) throw error
    }
    const answer = answerOf(exchange)
    if (answer === null) throw malformed('gave the SDK no answer')
    host.sawDate(answer.header('date'))
    if (answer.status < 300) {
      const body = parseObject(answer.bytes.toString())
      if (!body) throw malformed(`answered ${answer.status} with something that is not a JSON object`)
      return read(body, answer.header('x-hubspot-correlation-id'))
    }
    const refusal = new HubspotRefusal(answer)
    const recovered = recover?.(refusal.error)
    if (!recovered) throw refusal
    return recovered.value
  }

  return {
    warn: host.warn,
    call: (request) =>
      host.call({ ...request, ratePerSecond, classify: classifyFailure }, (signal) => attempt(request, signal)),
  }
}

/** Read through a function: the compiler takes it for null, as it was at the beginning. */
const answerOf = (exchange: Exchange) => exchange.answer
