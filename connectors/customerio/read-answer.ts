import { MillraceError, type ExchangeAnswer } from 'millrace'

/** An answer of either API. What it says is read when it is asked for: pages of records are cut as bytes. */
export type Answer = {
  readonly status: number
  /** An error's body may be anything, and is then empty here. @throws MillraceError MR-3005 where a 2xx is not a JSON object: a proxy's page, say */
  readonly body: JsonBody
  readonly bytes: Uint8Array
  /** Our clock just before the request was sent. */
  readonly readAt: Date
}

export type JsonBody = { readonly [name: string]: unknown }

export const readAnswer = ({ status, bytes }: ExchangeAnswer, readAt: Date): Answer => ({
  status,
  bytes,
  readAt,
  get body() {
    const body = parseObject(bytes)
    if (body) return body
    if (status >= 400) return {}
    throw malformed(`answered ${status} with ${bytes.length === 0 ? 'nothing' : 'something that is not a JSON object'}`)
  },
})

export const malformed = (what: string) =>
  new MillraceError('MR-3005', {
    message: `Customer.io ${what}.`,
    next: 'Run again. If it stays, look for a proxy between here and Customer.io.',
  })

export function parseObject(bytes: Uint8Array): JsonBody | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    return isObject(value) ? value : undefined
  } catch {
    // The caller knows the status, and so what an answer without JSON means.
    return undefined
  }
}

export const isObject = (value: unknown): value is JsonBody =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
