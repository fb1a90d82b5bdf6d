/** HubSpot's errors. https://developers.hubspot.com/docs/api-reference/error-handling */
export type VendorError = {
  readonly category: string
  readonly message: string
  readonly errors?: readonly ErrorDetail[]
  readonly context?: { readonly [name: string]: readonly string[] }
  readonly links?: { readonly [name: string]: string }
  /** Of a limit. */
  readonly policyName?: string
  readonly errorType?: string
}

type ErrorDetail = {
  readonly message: string
  readonly code?: string
  readonly in?: string
  readonly context?: { readonly [name: string]: readonly string[] }
}

/** A whole request is refused. */
export class HubspotRefusal extends Error {
  readonly status: number
  readonly error: VendorError
  readonly headers: { readonly [name: string]: string }

  constructor(status: number, error: VendorError, headers: { readonly [name: string]: string } = {}) {
    super(error.message)
    this.status = status
    this.error = error
    this.headers = headers
  }
}

export const invalid = (message: string, more: Partial<VendorError> = {}) =>
  new HubspotRefusal(400, { category: 'VALIDATION_ERROR', message, ...more })

/** What the vendor's JSON reader says. */
export const invalidJson = (what: string) => invalid(`Invalid input JSON on line 1, column 1: ${what}`)

/** One property of a row, in the words of the whole and of the detail. */
export function invalidProperty(name: string, error: string, message: string): VendorError {
  const result = { isValid: false, message, error, name, localizedErrorMessage: message, portalId: 14_520_000 }
  return {
    category: 'VALIDATION_ERROR',
    message: `Property values were not valid: ${JSON.stringify([result])}`,
    errors: [{ message, code: error, context: { propertyName: [name] } }],
  }
}

export const isError = (value: object): value is VendorError => 'category' in value && 'message' in value
