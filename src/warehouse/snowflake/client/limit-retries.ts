import { createRequire } from 'node:module'

/**
 * How often the SDK repeats a request that got no answer, or HTTP 5xx: seven times, about a minute, whatever its options say of
 * statements (`retryTimeout` is for its sign-in). A repetition has the id of the first, so that a statement runs once.
 */
export function limitRetries(address: string, retryTimeoutMs: number): void {
  limits.set(new URL(address).origin, retriesWithin(retryTimeoutMs))
  if (!isHooked) hook()
  isHooked = true
}

/** Pauses are between 1 and 16 seconds, 8 as it falls. */
const retriesWithin = (retryTimeoutMs: number): number =>
  retryTimeoutMs <= 0 ? 0 : Math.max(1, Math.round(retryTimeoutMs / 8000))

/** By the address: the SDK has one HTTP client for the whole process. */
const limits = new Map<string, number>()
let isHooked = false

function hook(): void {
  // Required, and not imported: what its default export is then differs from one loader to the next.
  const http: HttpModule = createRequire(import.meta.url)('snowflake-sdk/dist/lib/http/axios_instance.js')
  // The SDK's own hook fills in what ours, which comes before it, leaves open.
  http.default.interceptors.request.use((config) => {
    const maxRetries = URL.canParse(config.url ?? '') ? limits.get(new URL(config.url ?? '').origin) : undefined
    return maxRetries === undefined
      ? config
      : Object.assign(config, { snowflakeRetryConfig: { ...config.snowflakeRetryConfig, maxRetries } })
  })
}

/** As much as is used of the SDK's own module. */
type HttpModule = {
  readonly default: {
    readonly interceptors: { readonly request: { readonly use: (hook: (config: HttpRequest) => HttpRequest) => void } }
  }
}

type HttpRequest = { readonly url?: string; readonly snowflakeRetryConfig?: { readonly maxRetries?: number } }
