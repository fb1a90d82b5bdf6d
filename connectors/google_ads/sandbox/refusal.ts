/** An answer of the vendor that is an error. https://developers.google.com/google-ads/api/docs/concepts/api-objects#errors */
export type Refusal = {
  readonly status: number
  /** google.rpc.Code */
  readonly name: string
  readonly message: string
  /** Of a GoogleAdsFailure; null: refused before it came to Google Ads. */
  readonly error: {
    readonly kind: string
    readonly code: string
    readonly message: string
    readonly retryDelay?: string
  } | null
}

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'status' in value && 'error' in value && 'name' in value

const invalid = 'Request contains an invalid argument.'
const denied = 'The caller does not have permission'

const argument = (kind: string, code: string, message: string): Refusal => ({
  status: 400,
  name: 'INVALID_ARGUMENT',
  message: invalid,
  error: { kind, code, message },
})

export const refuseQuery = (code: string, message: string): Refusal => argument('queryError', code, message)
export const refuseRequest = (code: string, message: string): Refusal => argument('requestError', code, message)
export const refuseClicks = (code: string, message: string): Refusal => argument('clickViewError', code, message)
export const refuseDays = (code: string, message: string): Refusal => argument('dateRangeError', code, message)
export const refuseHeader = (code: string, message: string): Refusal => argument('headerError', code, message)

export const refuseJson = (message: string): Refusal => ({
  status: 400,
  name: 'INVALID_ARGUMENT',
  message,
  error: null,
})

export const refuseAccess = (code: string, message: string): Refusal => ({
  status: 403,
  name: 'PERMISSION_DENIED',
  message: denied,
  error: { kind: 'authorizationError', code, message },
})

export const refuseUser = (): Refusal =>
  refuseAccess(
    'USER_PERMISSION_DENIED',
    "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer id must be set in the 'login-customer-id' header. See https://developers.google.com/google-ads/api/docs/concepts/call-structure#cid",
  )

export const refuseToken = (): Refusal => ({
  status: 401,
  name: 'UNAUTHENTICATED',
  message:
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  error: null,
})

/** An empty header. Without one, and with any other, all is well: https://developers.google.com/google-ads/api/docs/api-policy/developer-token */
export const refuseDeveloperToken = (): Refusal =>
  refuseRequest('DEVELOPER_TOKEN_PARAMETER_MISSING', 'developer-token parameter is missing.')

/** https://developers.google.com/google-ads/api/docs/api-policy/access-levels */
export const refuseProject = (): Refusal =>
  refuseAccess(
    'CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION',
    'The Google Cloud project is only approved for use with test accounts. To access non-test accounts, apply for Explorer, Basic or Standard access.',
  )

export const refuseRate = (retryAfter: number | null): Refusal => ({
  status: 429,
  name: 'RESOURCE_EXHAUSTED',
  message: 'Resource has been exhausted (e.g. check quota).',
  error: {
    kind: 'quotaError',
    code: 'RESOURCE_TEMPORARILY_EXHAUSTED',
    message: 'Too many requests in a short amount of time.',
    ...(retryAfter !== null && { retryDelay: `${retryAfter}s` }),
  },
})

export const refuseQuota = (): Refusal => ({
  status: 429,
  name: 'RESOURCE_EXHAUSTED',
  message: 'Resource has been exhausted (e.g. check quota).',
  error: {
    kind: 'quotaError',
    code: 'RESOURCE_EXHAUSTED',
    message: 'Too many requests. Retry in 40591 seconds.',
    retryDelay: '40591s',
  },
})

export const refuseServer = (code: 'TRANSIENT_ERROR' | 'DEADLINE_EXCEEDED'): Refusal => ({
  status: code === 'TRANSIENT_ERROR' ? 500 : 504,
  name: code === 'TRANSIENT_ERROR' ? 'INTERNAL' : 'DEADLINE_EXCEEDED',
  message:
    code === 'TRANSIENT_ERROR' ? 'Internal error encountered.' : 'Deadline expired before operation could complete.',
  error: { kind: 'internalError', code, message: 'An internal error has occurred.' },
})

export function sendRefusal({ status, name, message, error }: Refusal, requestId: string, version: string): Response {
  const details = error && [
    {
      '@type': `type.googleapis.com/google.ads.googleads.${version}.errors.GoogleAdsFailure`,
      errors: [
        {
          errorCode: { [error.kind]: error.code },
          message: error.message,
          ...(error.retryDelay && {
            details: {
              quotaErrorDetails: {
                rateScope: 'DEVELOPER',
                rateName: 'Number of operations for basic access',
                retryDelay: error.retryDelay,
              },
            },
          }),
        },
      ],
      requestId,
    },
  ]
  const body = { error: { code: status, message, status: name, ...(details && { details }) } }
  return new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', 'request-id': requestId },
  })
}
