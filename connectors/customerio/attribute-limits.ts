/**
 * What Customer.io says of attributes, checked before a row is sent, so that one bad row does not cost a request.
 * https://docs.customer.io/journeys/invalid-api-requests and https://docs.customer.io/messaging/people/reserved-attributes/
 */
import type { FieldValue } from 'millrace'

/** undefined: it fits; else why not. */
export function fitAttribute(name: string, value: FieldValue): string | undefined {
  if (isOptOut(name)) return fitOptOut(name, value)
  if (!writable.test(name)) return `${name} is Customer.io's own and cannot be written`
  if (Buffer.byteLength(name) > maxNameBytes)
    return `the attribute name ${name.slice(0, 40)}… is longer than ${maxNameBytes} bytes`
  if (name === 'id' || name === 'email')
    return value === null && name === 'email' ? undefined : fitIdentifier(name, value)
  if (name === 'created_at' && value !== null && !isUnixSeconds(value))
    return 'created_at must be whole seconds since 1970, as a number'
  return fitSize(name, value)
}

export function fitIdentifier(name: string, value: FieldValue): string | undefined {
  if (typeof value !== 'string') return `${name} must be text`
  if (value.trim() === '') return `${name} is empty`
  if (!value.isWellFormed() || hasControl.test(value)) return `${name} holds characters that cannot be sent`
  if (name === 'id' && [...value].length > maxIdChars) return `id is longer than ${maxIdChars} characters`
  if (name === 'email' && !looksLikeEmail.test(value)) return 'email is not an email address'
  return undefined
}

/**
 * Strictly a boolean: Customer.io reads "yes", "t" and "Y" as subscribed, and null takes the attribute away, which
 * subscribes the person again.
 */
function fitOptOut(name: string, value: FieldValue): string | undefined {
  return typeof value === 'boolean'
    ? undefined
    : `${name} must be true or false, and was ${value === null ? 'null' : `a ${typeof value}`}`
}

function fitSize(name: string, value: FieldValue): string | undefined {
  const json = JSON.stringify(value)
  if (loneSurrogate.test(json)) return `${name} holds half of a character (a lone surrogate)`
  const bytes = Buffer.byteLength(typeof value === 'string' ? value : json)
  return bytes > maxValueBytes ? `${name} is ${bytes} bytes; Customer.io takes ${maxValueBytes}` : undefined
}

export const isOptOut = (name: string): boolean => name === 'unsubscribed' || topic.test(name)

/** Dot notation changes one topic; the object form would replace them all. */
export const topic = /^cio_subscription_preferences\.topics\.topic_[1-9]\d*$/
/** Names that begin with `_` or `cio_` are the vendor's own; `cio_relationships` and the object form of the topics among them. */
export const writable = /^(?!_|cio_|unsubscribed\b|(?:cio_id|phone|anonymous_id)$).+$/s

const isUnixSeconds = (value: FieldValue) => typeof value === 'number' && Number.isSafeInteger(value)
const looksLikeEmail = /^[^\s@]+@[^\s@]+$/
// eslint-disable-next-line no-control-regex -- looked for on purpose
const hasControl = /[\u0000-\u001f\u007f]/
// JSON.stringify writes only lone surrogates as \ud…; an even run of backslashes before it is text of the row.
const loneSurrogate = /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/
const maxNameBytes = 150
const maxValueBytes = 1000
const maxIdChars = 150
