/** The members of a connector itself, as its author writes it, and of what it opens: tables as in definition-forms.ts. */
import type { z } from 'zod'
import type { ConnectorDefinition, OpenedConnector } from './contract.ts'
import type { HttpOptions, RequestOptions } from './host.ts'
import {
  anything,
  call,
  is,
  listOf,
  members,
  milliseconds,
  optional,
  recordOf,
  schema,
  text,
  yesOrNo,
  type Form,
  type FormsOf,
} from './member-forms.ts'

const schemas = recordOf('name and z.strictObject({ … })', schema)

export const declaredConnector = members({
  name: text,
  config: schema,
  http: optional(call),
  check: optional(call),
  account: optional(call),
  rowsAreOfAccount: optional(yesOrNo),
  streams: optional(recordOf('name and stream', anything)),
  objects: optional(recordOf('name and object', anything)),
  open: optional(call),
  streamNames: optional(listOf('names', text)),
  streamOptions: optional(schemas),
  objectNames: optional(listOf('names', text)),
  objectOptions: optional(schemas),
} satisfies FormsOf<ConnectorDefinition<z.ZodObject>>)

/** What `open` gives. Of a connector that is never asked for its account, or tried, these may be missing. */
export const openedConnector = members({
  check: optional(call),
  account: optional(call),
  rowsAreOfAccount: optional(yesOrNo),
  now: optional(call),
  streams: optional(call),
  takesQueries: optional(yesOrNo),
  streamNames: optional(call),
  whyNoStream: optional(call),
  objects: optional(call),
  objectNames: optional(call),
  close: optional(call),
} satisfies FormsOf<OpenedConnector>)

/** A part of a header. It may be a secret: what came in its place is not shown. */
const sent: Form = (value, at) => {
  if (typeof value === 'string' || typeof value === 'number') return null
  return `\`${at}\` is ${value === undefined ? 'missing' : 'no text'}`
}

export const httpOptions = members({
  baseUrl: text,
  bearer: optional(sent),
  basic: optional(members({ user: sent, password: sent })),
  headers: optional(recordOf('header and text', optional(sent))),
  ratePerSecond: optional(is('number above 0', (value) => typeof value === 'number' && value > 0)),
  timeoutMs: optional(milliseconds),
  classify: optional(call),
} satisfies FormsOf<HttpOptions>)

/** As above: what came in its place is not shown. */
const byName =
  (what: string): Form =>
  (value, at) =>
    (typeof value === 'object' || value === undefined) && !isIterable(value)
      ? null
      : `\`${at}\` is no record of ${what}`

const isIterable = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Symbol.iterator in value

const isJson = (value: unknown): boolean =>
  !isIterable(value) || Array.isArray(value) || typeof Reflect.get(value, 'toJSON') === 'function'

/** Of a form, a Map or Headers nothing would be sent: they have no members of their own, and none in JSON. */
export const requestParts = members({
  query: byName('parameter and value'),
  headers: byName('header and text'),
  body: is('JSON', isJson),
} satisfies FormsOf<Pick<RequestOptions, 'query' | 'headers'> & { readonly body: unknown }>)
