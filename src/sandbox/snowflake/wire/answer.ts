/** What goes over the wire: everything is JSON with the same four keys, and HTTP 200 even where it failed. */

export type Answer = {
  readonly status: number
  readonly body: unknown
}

export const success = (data: unknown, code: string | null = null): Answer => ({
  status: 200,
  body: { data, message: null, code, success: true },
})

export const failure = (code: string, message: string, data: unknown = null): Answer => ({
  status: 200,
  body: { data, code, message, success: false, headers: null },
})

/** Refused at the door: code, words and, for a token that nobody gave out, HTTP 401. */
export const refusals = {
  sessionExpired: failure('390112', 'Your session has expired. Please login again.'),
  sessionGone: failure('390111', 'Session no longer exists. New login required to access the service.'),
  masterExpired: failure('390114', 'Authentication token has expired.  The user must authenticate again.'),
  tokenInvalid: {
    status: 401,
    body: { data: null, code: '390104', message: 'Session token not found or invalid.', success: false },
  },
} as const
