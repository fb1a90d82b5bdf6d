import type { ExchangeAnswer } from 'millrace'
import { readUsage } from './usage.ts'

/** An answer that is a refusal, thrown within an attempt. https://developers.facebook.com/docs/graph-api/guides/error-handling */
export class GraphError extends Error {
  readonly status: number
  /** 0: it is not an error in the vendor's form, but of something before it. */
  readonly graphCode: number
  readonly subcode: number
  /** The vendor says that the same request may work later. */
  readonly isTransient: boolean
  readonly traceId: string | null
  /** From the throttle headers; 0: they do not say. */
  readonly regainMs: number

  constructor(answer: ExchangeAnswer) {
    const error = readBody(answer.bytes)
    const said = typeof error['message'] === 'string' ? error['message'] : `HTTP ${answer.status}`
    const more = typeof error['error_user_msg'] === 'string' ? ` ${error['error_user_msg']}` : ''
    super(`${said}${more}`)
    this.status = answer.status
    this.graphCode = Number(error['code']) || 0
    this.subcode = Number(error['error_subcode']) || 0
    this.isTransient = error['is_transient'] === true
    this.traceId = typeof error['fbtrace_id'] === 'string' ? error['fbtrace_id'] : answer.header('x-fb-trace-id')
    this.regainMs = readUsage(answer.header)?.regainMs ?? 0
  }
}

/** Errors come with a status, or as 200. */
export const isRefusal = ({ status, bytes }: ExchangeAnswer): boolean =>
  status < 200 || status >= 300 || /^\s*\{\s*"error"\s*:/.test(Buffer.from(bytes.subarray(0, 64)).toString())

/** The token may not see it, or it is not there: the vendor does not tell which. */
export const isForbidden = ({ graphCode, subcode }: GraphError): boolean =>
  graphCode === 10 ||
  (graphCode >= 200 && graphCode <= 299) ||
  graphCode === 803 ||
  (graphCode === 100 && subcode === 33)

/** More rows or more computing than one request may ask for. https://developers.facebook.com/docs/marketing-api/insights/best-practices */
export const isTooMuch = ({ graphCode, subcode, message }: GraphError): boolean =>
  subcode === 1487534 || ([1, 2, 100].includes(graphCode) && /reduce the amount of data/i.test(message))

/** An error of the vendor's own, which mostly passes. Where it stays, fewer rows may do. https://github.com/airbytehq/airbyte/issues/25383 */
export const isUnknown = ({ graphCode }: GraphError): boolean => graphCode === 1 || graphCode === 2

/**
 * Said of a run of a report that was started and is there, and passes: it is not found, or was asked for other fields.
 * https://github.com/airbytehq/airbyte/issues/46545, https://github.com/facebook/facebook-python-business-sdk/issues/664
 */
export const isUnseen = ({ graphCode, subcode, message }: GraphError): boolean =>
  graphCode === 100 && (subcode === 33 || /weren't there while creating the report run/i.test(message))

/** Which of the asked fields this version or this object does not have; undefined: it is about something else. */
export function refusedField({ graphCode, message }: GraphError, asked: readonly string[]): string | undefined {
  if (graphCode !== 100 && graphCode !== 12 && graphCode !== 10) return undefined
  const named =
    /nonexisting field \((\w+)\)/.exec(message)?.[1] ??
    /\b(\w+) is not valid for fields param/.exec(message)?.[1] ??
    /\bfields?\b.*?\b(\w+)\b.*\b(?:deprecated|not available|requires)\b/.exec(message)?.[1]
  return named !== undefined && asked.includes(named) ? named : undefined
}

function readBody(bytes: Uint8Array): { readonly [name: string]: unknown } {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes).toString())
    const error: unknown = typeof body === 'object' && body !== null && 'error' in body ? body.error : null
    return typeof error === 'object' && error !== null ? { ...error } : {}
  } catch {
    // A proxy's page: the status says what there is to say.
    return {}
  }
}
