/**
 * What Customer.io says of attributes, checked before a row is sent, so that one bad row does not cost a request.
 * https://docs.customer.io/journeys/invalid-api-requests and https://docs.customer.io/messaging/people/reserved-attributes/
 */
import type { FieldValue } from 'millrace'

/** Whose attribute it is: some names mean something on a person only. */
type Owner = 'person' | 'object' | 'relationship'

/** undefined: it fits; else why not. */
export function fitAttribute(name: string, value: FieldValue, owner: Owner = 'person'): string | undefined {
  const isPerson = owner === 'person'
  if (isPerson && isOptOut(name)) return fitOptOut(name, value)
  if (!writableBy[owner].test(name)) return `${name} is Customer.io's own and cannot be written`
  if (Buffer.byteLength(name) > maxNameBytes)
    return `the attribute name ${name.slice(0, 40)}… is longer than ${maxNameBytes} bytes`
  if (isPerson && (name === 'id' || name === 'email'))
    return value === null && name === 'email' ? undefined : fitIdentifier(name, value)
  if (name === 'created_at' && value !== null && !isUnixSeconds(value))
    return 'created_at must be whole seconds since 1970, as a number'
  return fitSize(name, value)
}

export function fitIdentifier(name: string, value: FieldValue): string | undefined {
  if (value === null) return `${name} is empty`
  if (typeof value !== 'string') return `${name} must be text`
  if (value.trim() === '') return `${name} is empty`
  if (!value.isWellFormed() || hasControl.test(value)) return `${name} holds characters that cannot be sent`
  if (name.endsWith('id') && [...value].length > maxIdChars) return `${name} is longer than ${maxIdChars} characters`
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
  if (hasLoneSurrogate(json)) return `${name} holds half of a character (a lone surrogate)`
  const bytes = Buffer.byteLength(typeof value === 'string' ? value : json)
  return bytes > maxValueBytes ? `${name} is ${bytes} bytes; Customer.io takes ${maxValueBytes}` : undefined
}

export const isOptOut = (name: string): boolean => name === 'unsubscribed' || topic.test(name)

/** Does this say that the person is not to be written to? */
export const isOut = (name: string, value: FieldValue): boolean =>
  name === 'unsubscribed' ? value === true : topic.test(name) && value === false

/** Dot notation changes one topic; the object form would replace them all. */
export const topic = /^cio_subscription_preferences\.topics\.topic_[1-9]\d*$/
/** Names that begin with `_` or `cio_` are the vendor's own; `cio_relationships` and the object form of the topics among them. */
export const writable = /^(?!_|cio_|unsubscribed\b|(?:cio_id|phone|anonymous_id)$).+$/s
/** https://docs.customer.io/journeys/objects-data/objects/create/#reserved-attributes */
export const writableOfObject = /^(?!_|cio_|(?:relationship|object_id|object_type_id|objectId)$).+$/s

const writableBy: { readonly [owner in Owner]: RegExp } = {
  person: writable,
  object: writableOfObject,
  relationship: /^(?!_|cio_).+$/s,
}

const isUnixSeconds = (value: FieldValue) => typeof value === 'number' && Number.isSafeInteger(value)
const looksLikeEmail = /^[^\s@]+@[^\s@]+$/
// eslint-disable-next-line no-control-regex -- looked for on purpose
const hasControl = /[\u0000-\u001f\u007f]/
// JSON.stringify writes only lone surrogates as \ud…; an even run of backslashes before it is text of the row.
export const hasLoneSurrogate = (json: string): boolean => loneSurrogate.test(json)
const loneSurrogate = /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/
const maxNameBytes = 150
const maxValueBytes = 1000
const maxIdChars = 150
