/** The vendor's errors: an array of `{ message, errorCode, fields? }` with a status. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
export type VendorError = {
  readonly status: number
  readonly errorCode: string
  readonly message: string
  readonly fields?: readonly string[]
}

/** Of one row, in an answer that is none itself. */
export type RowError = Pick<VendorError, 'errorCode' | 'message'> & { readonly fields: readonly string[] }

export const rowError = (errorCode: string, message: string, fields: readonly string[] = []): RowError => ({
  errorCode,
  message,
  fields,
})

export class SalesforceRefusal extends Error {
  readonly error: VendorError

  constructor(error: VendorError) {
    super(error.message)
    this.error = error
  }
}

export const refuse = (status: number, errorCode: string, message: string, fields?: readonly string[]) =>
  new SalesforceRefusal({ status, errorCode, message, fields })

export const malformedBody = (message: string) => refuse(400, 'JSON_PARSER_ERROR', message)

/** Of what the vendor's `type` is read from. */
export const unknownKey = (key: string, type: string) =>
  malformedBody(`Unrecognized field "${key}" (Class ${type}), not marked as ignorable at [line:1, column:1]`)

export const invalidState = (message: string) => refuse(400, 'INVALIDJOBSTATE', message)

export const invalidJob = (why: string) => refuse(400, 'INVALIDJOB', `InvalidJob : ${why}`)

export const invalidType = (name: string) =>
  refuse(
    400,
    'INVALID_TYPE',
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
  )

export const notFound = () => refuse(404, 'NOT_FOUND', 'The requested resource does not exist')

/** The token endpoint's own form. https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm */
export const oauthError = (error: string, description: string) =>
  Response.json({ error, error_description: description }, { status: 400 })

/** A path's check of the request's method. */
export const methodsOf =
  ({ method }: Request) =>
  (...allowed: readonly string[]): void => {
    if (!allowed.includes(method))
      throw refuse(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed. Allowed are ${allowed.join(',')}`)
  }
