/** An answer of the vendor that is an error. https://docs.stripe.com/api/errors */
export type Refusal = {
  readonly status: number
  readonly type: 'invalid_request_error' | 'api_error'
  readonly message: string
  readonly code?: string
  readonly param?: string
  /** Which limit it was. https://docs.stripe.com/rate-limits */
  readonly limit?: 'global-rate' | 'endpoint-rate'
}

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'status' in value && 'message' in value

const invalid = (parts: Omit<Refusal, 'type' | 'status'> & { readonly status?: number }): Refusal => ({
  status: 400,
  type: 'invalid_request_error',
  ...parts,
})

export const refuseUnknownParameters = (names: readonly string[]): Refusal =>
  invalid({
    code: 'parameter_unknown',
    message: `Received unknown parameter${names.length > 1 ? 's' : ''}: ${names.join(', ')}`,
    param: names[0],
  })

export const refuseMissing = (param: string): Refusal =>
  invalid({ code: 'parameter_missing', message: `Missing required param: ${param}.`, param })

export const refuseInteger = (param: string, value: string): Refusal =>
  invalid({ code: 'parameter_invalid_integer', message: `Invalid integer: ${value}`, param })

export const refuseType = (param: string, kind: string, value: string): Refusal =>
  invalid({ message: `Invalid ${kind}: ${value}`, param })

export const refuseChoice = (param: string, choices: readonly string[]): Refusal =>
  invalid({
    message: `Invalid ${param}: must be one of ${choices.slice(0, -1).join(', ')}, or ${choices.at(-1)}`,
    param,
  })

export const refuseLimit = (): Refusal =>
  invalid({ code: 'parameter_invalid_integer', message: 'This value must be between 1 and 100.', param: 'limit' })

export const refuseExpand = (path: string): Refusal =>
  invalid({ message: `This property cannot be expanded (${path}).`, param: 'expand' })

export const refuseMissingObject = (noun: string, id: string, param: string): Refusal =>
  invalid({ status: param === 'id' ? 404 : 400, code: 'resource_missing', message: `No such ${noun}: '${id}'`, param })

export const refusePath = (method: string, path: string): Refusal =>
  invalid({
    status: 404,
    message: `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  })

export const refuseVersion = (version: string): Refusal =>
  invalid({
    message: `Invalid Stripe API version: ${version}. You do not have permission to use the requested API version.`,
  })

export const refuseAccount = (key: string, account: string): Refusal =>
  invalid({
    status: 403,
    code: 'account_invalid',
    message: `The provided key '${maskKey(key)}' does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
  })

export const refusePermission = (key: string, account: string, permission: string): Refusal =>
  invalid({
    status: 403,
    message: `The provided key '${maskKey(key)}' does not have the required permissions for this endpoint on account '${account}'. Having the '${permission}' permission would allow this request to continue.`,
  })

/** https://docs.stripe.com/connect : an account that has none connected to it */
export const refuseNoPlatform = (): Refusal =>
  invalid({
    message:
      'You can only list connected accounts if you’ve signed up for Connect, which you can do at https://dashboard.stripe.com/connect.',
  })

export const refuseDepth = (path: string): Refusal =>
  invalid({ message: `You cannot expand more than 4 levels of a property. Property: ${path}`, param: 'expand' })

export const refuseKey = (key: string | null): Refusal =>
  key === null
    ? invalid({
        status: 401,
        message:
          "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
      })
    : invalid({ status: 401, message: `Invalid API Key provided: ${maskKey(key)}` })

export const refuseRate = (limit: Refusal['limit']): Refusal =>
  invalid({
    status: 429,
    limit,
    code: 'rate_limit',
    message: 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
  })

/** Only the kind of key and its last four characters are said back. */
const maskKey = (key: string) =>
  key.length < 12 ? '*'.repeat(key.length) : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`
