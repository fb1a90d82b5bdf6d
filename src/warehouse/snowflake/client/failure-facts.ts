/** What there is to know of something that the SDK threw: its errors carry whole responses, which nobody may show. */
export type FailureFacts = {
  /** The server's code with its zeros, `000606`; the SDK's own has no quotes and begins with 4. */
  readonly code: string
  readonly message: string
  readonly sqlState: string
  readonly queryId: string | null
  /** Of an answer that was no answer of Snowflake's API. */
  readonly status: number | null
  /** Of the socket: ENOTFOUND, ECONNRESET. */
  readonly network: string
  /** No answer came, or not from Snowflake's API. */
  readonly isUnanswered: boolean
}

export function factsOf(error: unknown): FailureFacts {
  const name = textAt(error, 'name')
  const code = textAt(error, 'code')
  const response = valueAt(error, 'response')
  const status = Number(valueAt(response, 'statusCode') ?? valueAt(response, 'status') ?? Number.NaN)
  const data = valueAt(error, 'data')
  const sqlState = textAt(error, 'sqlState') || textAt(data, 'sqlState')
  return {
    code: /^\d+$/.test(code) ? code.padStart(6, '0') : code,
    message: textAt(error, 'message') || textAt(error, 'toString') || String(error),
    sqlState,
    queryId: textAt(data, 'queryId') || null,
    status: Number.isNaN(status) ? null : status,
    network: textAt(valueAt(error, 'cause'), 'code') || (/^[A-Z_]+$/.test(code) ? code : ''),
    // A page of a proxy, with status 200, is an answer without a number, and of no query.
    isUnanswered:
      unanswered.includes(name) ||
      closed.includes(code) ||
      // A connection that broke; a sign-in that was refused (39…) has the same class.
      (sqlState.startsWith('08') && !/^39\d{4}$/.test(code)) ||
      (name === 'OperationFailedError' && code === '' && textAt(data, 'queryId') === ''),
  }
}

/** Names of the SDK's errors. */
const unanswered = ['NetworkError', 'RequestFailedError', 'UnexpectedContentError', 'LargeResultSetError']

/** The session is not there any more: the SDK's own numbers, and the server's (token invalid, session gone, tokens expired). */
const closed = ['405503', '407001', '407002', '390104', '390111', '390112', '390114']

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

function textAt(value: unknown, key: string): string {
  const found = valueAt(value, key)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : ''
}
