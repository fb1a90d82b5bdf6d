/** The members of the streams and objects that a connector's author writes, as contract.ts has them: a table for each, and a member that is in none is a slip. */
import type { Operation } from '../model/change.ts'
import type { ChildStream, FieldHistory, MinorUnits, ObjectDefinition, Stream, StreamDefinition } from './contract.ts'
import type { DestinationField, DestinationObject, FieldType, MatchField } from './destination.ts'
import type { CountDeclaration, ListDeclaration, PageSize, Paging } from './list-declaration.ts'
import {
  anything,
  call,
  interval,
  is,
  limit,
  listOf,
  members,
  milliseconds,
  oneOf,
  optional,
  pattern,
  recordOf,
  schema,
  text,
  yesOrNo,
  type Form,
  type FormsOf,
} from './member-forms.ts'

const texts = listOf('fields', text)
const textsByName = recordOf('field and field', text)

// ---------------------------------------------------------------- streams

/** As `http` takes it. */
const isParameter = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

const pageSize = members({ param: text, value: limit } satisfies FormsOf<PageSize>)

const pagings: { readonly [Kind in Paging['kind']]: FormsOf<Extract<Paging, { readonly kind: Kind }>> } = {
  cursor: { kind: text, param: text, next: text, size: optional(pageSize) },
  after: { kind: text, param: text, field: text, more: optional(text), size: optional(pageSize) },
  page: {
    kind: text,
    param: text,
    first: optional(is('number', (value) => Number.isFinite(value))),
    size: optional(pageSize),
  },
  offset: { kind: text, param: text, size: pageSize },
  link: { kind: text, next: text },
  none: { kind: text },
}

const paging: Form = (value, at) => {
  const { kind } = Object(value) as { readonly kind?: unknown } // looked at here
  const isKnown = (word: unknown): word is Paging['kind'] => typeof word === 'string' && Object.hasOwn(pagings, word)
  return isKnown(kind) ? members(pagings[kind])(value, at) : oneOf(Object.keys(pagings))(kind, `${at}.kind`)
}

const list = members({
  path: text,
  records: text,
  since: optional(text),
  until: optional(text),
  sinceFormat: optional(oneOf(['iso', 'unix'])),
  query: optional(recordOf('parameter and value', optional(is('text, number or boolean', isParameter)))),
  page: paging,
} satisfies FormsOf<ListDeclaration>)

const declaredCount = members({
  path: text,
  value: text,
  since: optional(text),
  until: optional(text),
} satisfies FormsOf<CountDeclaration>)

const minorUnits = members({ currency: text, amounts: texts } satisfies FormsOf<MinorUnits>)

const history = members({
  of: text,
  record: text,
  field: text,
  from: text,
  to: text,
  at: text,
  by: text,
  kind: optional(text),
  keyKind: optional(text),
  who: optional(members({ stream: text, key: text, name: text })),
  createdAt: text,
  tracked: textsByName,
  names: optional(textsByName),
  otherNames: optional(textsByName),
} satisfies FormsOf<FieldHistory>)

/** What their columns are is looked at with what names them. */
const columns = recordOf('field and type', anything)

const child = members({
  name: text,
  docs: optional(text),
  key: texts,
  columns,
  parent: text,
  minorUnits: optional(minorUnits),
} satisfies FormsOf<ChildStream>)

/** By its name, where it has one. */
const children = listOf('streams', (value, at) => {
  const { name } = Object(value) as { readonly name?: unknown } // looked at here
  return child(value, typeof name === 'string' ? `children.${name}` : at)
})

/** What is only shown may be missing: `docs`, `order`, and `delivery` of an object. */
const ofStreams = {
  docs: optional(text),
  key: texts,
  columns,
  order: optional(oneOf(['cursor', 'none'])),
  version: optional(text),
  appendOnly: optional(yesOrNo),
  calculated: optional(texts),
  parts: optional(recordOf('field and fields', texts)),
  source: optional(text),
  takesWhere: optional(yesOrNo),
  enumerates: optional(yesOrNo),
  heedsStart: optional(yesOrNo),
  fullEveryMs: optional(interval),
  boundedBy: optional(text),
  reportsDays: optional(yesOrNo),
  windowOf: optional(texts),
  deletedWhen: optional(members({ column: text, is: oneOf(['set', 'true']), isPartial: optional(yesOrNo) })),
  minorUnits: optional(minorUnits),
  history: optional(history),
  options: optional(schema),
  loads: optional(call),
  meaningBy: optional(texts),
  checkAsked: optional(call),
  resumesAs: optional(text),
  pageRows: optional(limit),
}

export const declaredStream = members({
  ...ofStreams,
  lagMs: optional(milliseconds),
  overlapMs: optional(milliseconds),
  children: optional(children),
  list: optional(list),
  read: optional(call),
  count: optional((value, at) => (typeof value === 'object' ? declaredCount : call)(value, at)),
} satisfies FormsOf<StreamDefinition>)

export const openedStream = members({
  ...ofStreams,
  name: text,
  lagMs: milliseconds,
  overlapMs: milliseconds,
  children,
  read: call,
  count: optional(call),
} satisfies FormsOf<Stream>)

// ---------------------------------------------------------------- objects

const fieldTypes = Object.keys({
  string: 0,
  number: 0,
  boolean: 0,
  date: 0,
  timestamp: 0,
  unix_seconds: 0,
  json: 0,
} satisfies { readonly [Type in FieldType]: 0 })

const operations = listOf(
  'operations',
  oneOf(
    Object.keys({ upsert: 0, update: 0, insert: 0, delete: 0, clear: 0, set: 0 } satisfies {
      readonly [Each in Operation]: 0
    }),
  ),
)

const field = members({
  type: oneOf(fieldTypes),
  nullable: optional(yesOrNo),
  maxLength: optional(limit),
  optOut: optional(yesOrNo),
} satisfies FormsOf<DestinationField>)

const matchField = members({
  normalise: oneOf(['exact', 'trim', 'lower']),
  unique: optional(yesOrNo),
  operations: optional(operations),
} satisfies FormsOf<MatchField>)

const ofObjects = {
  docs: optional(text),
  delivery: optional(oneOf(['idempotent', 'at_least_once'])),
  match: recordOf('field and how it is compared', matchField),
  fields: recordOf('field and type', (value, at) => (typeof value === 'object' ? field : oneOf(fieldTypes))(value, at)),
  identity: optional(texts),
  otherFields: optional(
    listOf(
      'patterns',
      members({
        pattern,
        type: oneOf([...fieldTypes, 'any']),
        optOut: optional(yesOrNo),
      }),
    ),
  ),
  operations,
  recordLookup: optional(call),
  setIfEmpty: optional(yesOrNo),
  batch: members({ rows: limit, bytes: limit, rowBytes: optional(limit) }),
  concurrency: optional(limit),
  timeoutMs: optional(milliseconds),
  size: optional(call),
  options: optional(schema),
  write: call,
  // Of one that is opened it may be missing: whoever asks for a preview is told so.
  preview: optional(call),
  settle: optional(call),
  readBack: optional(call),
}

export const declaredObject = members(ofObjects satisfies FormsOf<ObjectDefinition>)

export const openedObject = members({ ...ofObjects, name: text } satisfies FormsOf<DestinationObject>)
