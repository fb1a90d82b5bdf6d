import { MillraceError } from '../model/millrace-error.ts'
import type { Failure } from './host.ts'
import { AttemptError, failureOfStatus } from './http-error.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * What the error of an attempt means where the connector does not say: by HTTP status (as SDKs carry it), by the codes of
 * sockets and of undici, looking through `cause` and AggregateErrors. undefined: not a failure of the vendor.
 */
export function classify(error: unknown, now: Date): Failure | undefined {
  for (const each of causes(error)) {
    const failure = ofAttempt(each) ?? ofStatus(each, now) ?? ofCode(each)
    if (failure) return failure
  }
  return undefined
}

function* causes(error: unknown): Generator<object> {
  let each = error
  for (let depth = 0; depth < 8 && typeof each === 'object' && each !== null; depth++) {
    yield each
    each = each instanceof AggregateError ? each.errors[0] : property(each, 'cause')
  }
}

function ofAttempt(error: object): Failure | undefined {
  if (error instanceof AttemptError) return error.failure
  if (error instanceof MillraceError && error.code === 'MR-3005') return { kind: 'malformed', message: error.message }
  if (error instanceof SyntaxError && /JSON/.test(error.message)) return { kind: 'malformed', message: error.message }
  return undefined
}

function ofStatus(error: object, now: Date): Failure | undefined {
  const response = property(error, 'response')
  const status = [
    property(error, 'status'),
    property(error, 'statusCode'),
    property(response, 'status'),
    property(response, 'statusCode'),
  ].find((value) => typeof value === 'number' && value >= 400 && value < 600)
  if (typeof status !== 'number') return undefined
  const headers = property(error, 'headers') ?? property(response, 'headers')
  const wait = retryAfterMs(header(headers, 'retry-after'), header(headers, 'date'), now)
  const requestId = requestIdOf((name) => header(headers, name))
  const code = property(error, 'code')
  return {
    kind: 'refused',
    ...failureOfStatus(status),
    status,
    message: messageOf(error) || `status ${status}`,
    ...(typeof code === 'string' ? { code } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

function ofCode(error: object): Failure | undefined {
  const code = property(error, 'code')
  const name = property(error, 'name')
  if (name === 'TimeoutError') return { kind: 'timeout', message: messageOf(error) }
  // undici's has no code. What answers may be no server of HTTP at all, or a proxy that broke on the way.
  if (name === 'HTTPParserError' || (typeof code === 'string' && code.startsWith('HPE_')))
    return { kind: 'malformed', message: `it is not HTTP (${messageOf(error)})` }
  if (typeof code !== 'string') return undefined
  // Our words instead of the code: `code` of a failure is the vendor's own.
  const message = meanings[code] ?? messageOf(error)
  if (notReceived.has(code)) return { kind: 'network', message, notReceived: true }
  if (timeouts.has(code)) return { kind: 'timeout', message }
  if (network.has(code)) return { kind: 'network', message }
  if (code.startsWith('Z_')) return { kind: 'malformed', message: `its compressed body is broken (${message})` }
  if (malformed.has(code)) return { kind: 'malformed', message }
  if (isTls(code))
    return {
      kind: 'refused',
      message: `its TLS certificate cannot be trusted (${messageOf(error)})`,
      notReceived: true,
    }
  return undefined
}

/** The vendor's id of a request, under the names that are in use. */
export function requestIdOf(headerOf: (name: string) => string | undefined): string | undefined {
  for (const name of requestIdHeaders) {
    const value = headerOf(name)
    if (value) return value
  }
  return undefined
}

function header(headers: unknown, name: string): string | undefined {
  const value =
    headers instanceof Headers ? headers.get(name) : (property(headers, name) ?? property(headers, titleCase(name)))
  return typeof value === 'string' ? value : undefined
}

const titleCase = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

const messageOf = (error: object): string => {
  const message = property(error, 'message')
  return typeof message === 'string' ? message : ''
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined
}

const isTls = (code: string) =>
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)/.test(code) ||
  code.startsWith('ERR_TLS') ||
  code.startsWith('ERR_SSL')

const notReceived: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
const network: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ENETDOWN',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
])
const timeouts: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])
const malformed: ReadonlySet<string> = new Set([
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'UND_ERR_HEADERS_OVERFLOW',
  'ERR__ERROR_FORMAT_PADDING_1',
  'ERR_PADDING_2',
])

const meanings: { readonly [code: string]: string } = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'its host name does not resolve',
  EAI_AGAIN: 'its host name cannot be resolved at the moment',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while the request was sent',
  UND_ERR_SOCKET: 'the connection was closed before the answer was whole',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was closed before the answer was whole',
  UND_ERR_CONNECT_TIMEOUT: 'it did not take the connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer came in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
  UND_ERR_HEADERS_OVERFLOW: 'its headers are too long',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not as long as its Content-Length says',
}

const requestIdHeaders = ['request-id', 'x-request-id', 'x-correlation-id', 'x-amzn-requestid', 'cf-ray']
