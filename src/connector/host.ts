/**
 * What the engine does for every connector on every vendor call: one limiter per credential, retries with Retry-After,
 * timeouts, redaction, request counting. SDK retries are off. Calls are refused while a warehouse session is open.
 */
import type { Json } from '../model/json.ts'

export type Host = {
  /**
   * Runs one vendor request: waits for the limiter, gives `attempt` a signal with the timeout, and tries again where
   * `classify` says so. Everything that talks to a vendor goes through here, SDK calls too.
   * @throws MillraceError MR-3001 … MR-3008; MR-7001 where the run was told to stop; MR-7000 for what `attempt` throws and nobody knows
   */
  readonly call: <T>(request: CallRequest, attempt: (signal: AbortSignal) => Promise<T>) => Promise<T>
  /** A JSON client over `call`. */
  readonly http: (options: HttpOptions) => Http
  /** Tells the host what the vendor's clock said, from an SDK's answer. `http` does it by itself. */
  readonly sawDate: (date: string | null | undefined) => void
  /** The vendor's clock as the last answer told it. */
  readonly lastDate: () => Date | null
  /** A path in the run's spool directory that nobody else uses. */
  readonly spoolPath: (name: string) => string
  /** Says something in the run: a field that could not be had, a limit that is near. */
  readonly warn: (message: string) => void
  /**
   * Something else that nobody may see, a token that a sign-in gave: taken out of all that is shown or stored from here on, as
   * the connection's own keys are. The newest hundred are kept; one that is given again is new again. What goes as an
   * `authorization` header by `http` is known without it, of the newest sixteen that differ.
   */
  readonly secret: (value: string) => void
}

export type CallRequest = {
  /** Method and path without secrets, for errors and events: `GET /v1/invoices`. */
  readonly label: string
  /** The vendor's documentation of this call. */
  readonly docs: string
  /**
   * May it be sent twice? Where not, only errors that say "not received" are retried; `never`: nor those, since while it
   * waits what it says may come to be wrong. @default true
   */
  readonly repeatable?: boolean | 'never'
  /**
   * It changes nothing at the vendor, a look-up by POST, too: where it is made again, no row that is refused in the end counts as perhaps
   * taken. @default it may; `http` says it of its GETs
   */
  readonly readsOnly?: boolean
  readonly signal: AbortSignal
  /** For one attempt, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /** The credential's rate from here on. @default as it was: no limit but the vendor's own 429s; `http` says its own */
  readonly ratePerSecond?: number
  /** A limit that the vendor sets requests of one kind, beside the credential's. @default none */
  readonly endpoint?: { readonly name: string; readonly ratePerSecond: number }
  /** What the error of an attempt means. @default by HTTP status and socket error code */
  readonly classify?: (error: unknown) => Failure | undefined
}

/**
 * What went wrong in one attempt.
 * `auth`: credentials refused; `rate`: too many requests (waits `retryAfterMs`); `server`: 5xx and 408; `network`: no
 * answer came; `refused`: this request will never be accepted; `quota`: used up for today; `malformed`: not what the vendor documents.
 */
export type Failure = {
  readonly kind: 'auth' | 'rate' | 'server' | 'network' | 'timeout' | 'refused' | 'quota' | 'malformed'
  readonly message: string
  readonly status?: number
  /** The vendor's own error code. */
  readonly code?: string
  readonly retryAfterMs?: number
  /** The vendor's request id. */
  readonly requestId?: string
  /** The request surely had no effect (refused connection, 429): may be sent again even where it is not repeatable. */
  readonly notReceived?: boolean
}

export type HttpOptions = {
  readonly baseUrl: string
  /** Goes as `authorization: Bearer …`. @default none goes */
  readonly bearer?: string
  /** Goes as `authorization: Basic …`, in place of `bearer`. @default none goes */
  readonly basic?: { readonly user: string; readonly password: string }
  /** Of every request, laid over the host's own: `accept`, `user-agent`, `content-type`, `authorization`. @default none */
  readonly headers?: { readonly [name: string]: string }
  /** @default 10 */
  readonly ratePerSecond?: number
  /** @default 30_000 */
  readonly timeoutMs?: number
  /** What an answer means, for vendors that do not say it by the status: 200 with an error in it, a quota as 403. */
  readonly classify?: (answer: HttpAnswer) => Failure | undefined
}

export type HttpAnswer = {
  readonly status: number
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined
  /** undefined: not JSON. */
  readonly body: Json | undefined
}

export type Query = { readonly [name: string]: string | number | boolean | null | undefined }

/**
 * Answers are parsed exactly: a number that a double would alter comes as a string of its digits. Empty bodies are null.
 * @throws MillraceError as `Host.call` does; MR-3008 for a whole URL of another origin than `baseUrl`
 */
export type Http = {
  readonly get: <T = Json>(path: string, options: RequestOptions) => Promise<T>
  readonly post: <T = Json>(path: string, body: unknown, options: RequestOptions) => Promise<T>
  readonly put: <T = Json>(path: string, body: unknown, options: RequestOptions) => Promise<T>
  readonly patch: <T = Json>(path: string, body: unknown, options: RequestOptions) => Promise<T>
  readonly delete: <T = Json>(path: string, options: RequestOptions) => Promise<T>
  /** A page of a list, cut into one-line records without parsing them: digits stay as they came. */
  readonly page: (path: string, options: RequestOptions & { readonly records: string }) => Promise<Page>
}

export type RequestOptions = {
  readonly signal: AbortSignal
  readonly query?: Query
  readonly headers?: { readonly [name: string]: string }
  /** For one attempt. @default that of `HttpOptions` */
  readonly timeoutMs?: number
  /** As of `CallRequest`. @default true */
  readonly repeatable?: boolean | 'never'
  /** As of `CallRequest`. @default a GET does */
  readonly readsOnly?: boolean
  /** The vendor's documentation of this call. @default the base URL */
  readonly docs?: string
}

/** A page of records as bytes, and the rest of the answer as an object. */
export type Page = {
  /** One JSON object a line. */
  readonly lines: Uint8Array
  readonly rows: number
  /** The answer without its records (the array is empty in it). */
  readonly envelope: Json
  /** Our clock just before the request was sent. */
  readonly readAt: Date
}
