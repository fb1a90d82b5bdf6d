/** An answer of the vendor that is an error. https://developers.facebook.com/docs/graph-api/guides/error-handling */
export type Refusal = {
  readonly refused: true
  readonly status: number
  readonly code: number
  readonly type: 'OAuthException' | 'GraphMethodException'
  readonly message: string
  readonly subcode?: number
  readonly isTransient?: boolean
  readonly userTitle?: string
  readonly userMessage?: string
  readonly headers?: { readonly [name: string]: string }
}

type Parts = Omit<Refusal, 'refused' | 'status' | 'type'> & Partial<Pick<Refusal, 'status' | 'type'>>

const refuse = (parts: Parts): Refusal => ({ refused: true, status: 400, type: 'OAuthException', ...parts })

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'refused' in value

export const refuseNoToken = (): Refusal =>
  refuse({ code: 104, message: 'An access token is required to request this resource.' })

export const refuseToken = (): Refusal =>
  refuse({ status: 401, code: 190, message: 'Invalid OAuth access token - Cannot parse access token' })

export const refuseExpired = (now: Date): Refusal =>
  refuse({
    status: 401,
    code: 190,
    subcode: 463,
    message: `Error validating access token: Session has expired on ${now.toUTCString()}. The current time is ${now.toUTCString()}.`,
  })

export const refuseProof = (): Refusal =>
  refuse({
    type: 'GraphMethodException',
    code: 100,
    message: 'Invalid appsecret_proof provided in the API argument',
  })

export const refuseNoProof = (): Refusal =>
  refuse({
    type: 'GraphMethodException',
    code: 100,
    message: 'API calls from the server require an appsecret_proof argument',
  })

export const refuseVersion = (version: string): Refusal =>
  refuse({
    code: 2635,
    message: `(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v25.0. (${version})`,
  })

/** The vendor does not tell what is not there from what may not be seen. */
export const refuseNode = (id: string, method = 'get'): Refusal =>
  refuse({
    type: 'GraphMethodException',
    code: 100,
    subcode: 33,
    message: `Unsupported ${method} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`,
  })

export const refusePath = (edge: string): Refusal =>
  refuse({ code: 2500, message: `Unknown path components: /${edge}` })

export const refusePermission = (account: string, code: number): Refusal =>
  refuse({
    status: 403,
    code,
    message:
      code === 10
        ? '(#10) Application does not have permission for this action'
        : `(#${code}) Ad account owner has NOT grant ads_management or ads_read permission (${account})`,
  })

/** Code 200, as that of an account which may not be read at all, and it names no field. */
export const refuseManagedField = (): Refusal =>
  refuse({ status: 403, code: 200, message: '(#200) Requires business_management permission to manage the object' })

export const refuseField = (field: string, node: string): Refusal =>
  refuse({ code: 100, message: `(#100) Tried accessing nonexisting field (${field}) on node type (${node})` })

export const refuseInsightsField = (field: string): Refusal =>
  refuse({
    code: 100,
    message: `(#100) ${field} is not valid for fields param. please check https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values`,
  })

export const refuseParameter = (message: string): Refusal => refuse({ code: 100, message: `(#100) ${message}` })

/** What is deleted is had by its id alone. https://developers.facebook.com/docs/marketing-api/best-practices/manage-your-ad-object-status */
export const refuseDeleted = (): Refusal =>
  refuse({
    code: 100,
    subcode: 1815001,
    message: 'Invalid parameter',
    userTitle: 'Cannot Request for Deleted Objects',
    userMessage: 'Requesting for deleted objects is not supported in this endpoint.',
  })

export const refuseTooMuch = (): Refusal =>
  refuse({
    code: 100,
    subcode: 1487534,
    message: 'Invalid parameter',
    userTitle: 'Too much data was requested',
    userMessage: "Please reduce the amount of data you're asking for, then retry your request",
  })

/** It also says "An unknown error occurred" of it. https://github.com/airbytehq/airbyte/issues/25383 */
export const refuseTooMuchOnPage = (message: unknown): Refusal =>
  refuse({
    status: 500,
    code: 1,
    message:
      typeof message === 'string'
        ? message
        : "Please reduce the amount of data you're asking for, then retry your request",
  })

export const refuseTooOld = (): Refusal =>
  refuse({
    code: 3018,
    message: '(#3018) The start date of the time range cannot be beyond 37 months from the current date',
  })

/** Passes by itself, as it came: nothing of the kind was asked for. */
export const refuseSummary = (): Refusal =>
  refuse({
    code: 100,
    message:
      "(#100) Cannot include account_id in summary param because they weren't there while creating the report run. All available values are: ",
  })

export const refuseUnready = (): Refusal =>
  refuse({
    code: 2601,
    subcode: 1815107,
    isTransient: true,
    message: 'Error accessing adreport job.',
    userTitle: 'Loading Async Ads Report Failed',
    userMessage:
      'Sorry, the report cannot be loaded successfully. Please check if your job status is completed instead of failed or running before fetching the data.',
  })

export const refuseRate = (code: number, headers: { readonly [name: string]: string }): Refusal =>
  refuse({ status: code >= 80_000 ? 400 : 403, code, ...rateWords(code), headers })

function rateWords(code: number): { readonly message: string; readonly subcode?: number } {
  switch (code) {
    case 4:
      return { message: '(#4) Application request limit reached' }
    case 17:
      return { message: '(#17) User request limit reached', subcode: 2446079 }
    case 32:
      return { message: '(#32) Page request limit reached' }
    case 613:
      return { message: '(#613) Calls to this api have exceeded the rate limit.', subcode: 1487742 }
    default:
      return {
        message: `(#${code}) There have been too many calls to this ad-account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.`,
        subcode: 2446079,
      }
  }
}
