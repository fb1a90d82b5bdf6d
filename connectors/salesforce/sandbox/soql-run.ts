import type { Json, JsonObject } from 'millrace'
import type { Records } from './records.ts'
import { compareDecimals } from './decimal.ts'
import { refuseUnfiltered } from './demanded-filter.ts'
import { isDecimal, isText, type Field } from './field.ts'
import { restrictQuery } from './metadata-query.ts'
import { findField, findObject, type ObjectType } from './objects.ts'
import { readId } from './record-id.ts'
import { invalidType, refuse } from './refusal.ts'
import { lookupField } from './row.ts'
import { at, type Condition, type FieldPath, type Literal, type Operator, type Query } from './soql-parser.ts'

/** A path resolved: the lookups to follow, then the field. */
export type Column = { readonly lookups: readonly Field[]; readonly object: ObjectType; readonly field: Field }

export type Found = {
  readonly object: ObjectType
  readonly columns: readonly Column[]
  readonly rows: readonly JsonObject[]
}

/** `deleted`: queryAll, which sees the recycle bin too. */
export function runQuery(store: Records, asked: Query, options: { readonly deleted: boolean }): Found {
  const object = findObject(asked.from)
  if (!object) throw invalidType(asked.from)
  const query = restrictQuery(object, asked)
  refuseUnfiltered(object, query)
  const columns = query.fields.map((path) => resolve(object, path, query))
  const twice = query.fields.find(
    (path, index) =>
      query.fields.findIndex((other) => other.parts.join().toLowerCase() === path.parts.join().toLowerCase()) < index,
  )
  if (twice) throw refuse(400, 'INVALID_FIELD', `duplicate field selected: ${twice.parts.join('.')}`)
  const matches = query.where ? compile(object, query.where, { query, store }) : () => true
  const order = query.orderBy.map((key) => {
    const column = resolve(object, key.field, query)
    if (!column.field.filterable || column.field.type === 'address')
      throw invalidField(query, key.field, `field '${column.field.name}' can not be sorted in a query call`)
    return { column, descending: key.descending, nullsLast: key.nullsLast }
  })
  const rows: JsonObject[] = []
  for (const [, record] of store.all(object.name))
    if ((options.deleted || record['IsDeleted'] !== true) && matches(record)) rows.push(record)
  if (order.length > 0)
    rows.sort((left, right) => {
      for (const { column, descending, nullsLast } of order) {
        const [a, b] = [valueAt(store, column, left), valueAt(store, column, right)]
        if (a === b) continue
        if (a === null || b === null) return (a === null) === nullsLast ? 1 : -1
        const difference = compareValues(column.field, a, b)
        if (difference !== 0) return descending ? -difference : difference
      }
      return 0
    })
  const kept = rows.slice(query.offset, query.limit === null ? undefined : query.offset + query.limit)
  return { object, columns, rows: kept }
}

/** Follows lookups; null where one of them is empty. */
export function valueAt(store: Records, column: Column, record: JsonObject): Json {
  let current: JsonObject | undefined = record
  for (const lookup of column.lookups) {
    const id: Json = current?.[lookup.name] ?? null
    current = typeof id === 'string' ? store.get(lookup.referenceTo[0] ?? '', id) : undefined
  }
  return current?.[column.field.name] ?? null
}

function resolve(from: ObjectType, path: FieldPath, query: Query): Column {
  const lookups: Field[] = []
  let object = from
  for (const part of path.parts.slice(0, -1)) {
    // `Account.Name` in a query on Account itself names the object, not a lookup.
    if (lookups.length === 0 && part.toLowerCase() === from.name.toLowerCase() && !lookupField(object, part)) continue
    const lookup = lookupField(object, part)
    const target = lookup && findObject(lookup.referenceTo[0] ?? '')
    if (!lookup || !target)
      throw invalidField(
        query,
        path,
        `Didn't understand relationship '${part}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
      )
    lookups.push(lookup)
    object = target
  }
  const name = path.parts.at(-1) ?? ''
  const field = findField(object, name)
  if (!field)
    throw invalidField(
      query,
      path,
      `No such column '${name}' on entity '${object.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`,
    )
  return { lookups, object, field }
}

type Scope = { readonly query: Query; readonly store: Records }
type Predicate = (record: JsonObject) => boolean

function compile(object: ObjectType, condition: Condition, scope: Scope): Predicate {
  switch (condition.kind) {
    case 'and': {
      const parts = condition.parts.map((part) => compile(object, part, scope))
      return (record) => parts.every((part) => part(record))
    }
    case 'or': {
      const parts = condition.parts.map((part) => compile(object, part, scope))
      return (record) => parts.some((part) => part(record))
    }
    case 'not': {
      const part = compile(object, condition.part, scope)
      return (record) => !part(record)
    }
    case 'in': {
      const column = filterColumn(object, condition.field, scope.query)
      const tests = condition.values.map((value) => comparison(column, '=', value, { scope, path: condition.field }))
      if (!isText(column.field.type))
        return (record) => tests.some((test) => test(valueAt(scope.store, column, record))) !== condition.negated
      // Thousands of records against hundreds of texts, as a look-up of keys asks.
      const texts = new Set(
        condition.values.map((value) => (value.kind === 'string' ? value.text.toLowerCase() : null)),
      )
      return (record) => {
        const value = valueAt(scope.store, column, record)
        return texts.has(value === null ? null : String(value).toLowerCase()) !== condition.negated
      }
    }
    case 'compare': {
      const column = filterColumn(object, condition.field, scope.query)
      const test = comparison(column, condition.operator, condition.value, { scope, path: condition.field })
      return (record) => test(valueAt(scope.store, column, record))
    }
  }
}

function filterColumn(object: ObjectType, path: FieldPath, query: Query): Column {
  const column = resolve(object, path, query)
  if (!column.field.filterable || column.field.type === 'address')
    throw invalidField(query, path, `field '${column.field.name}' can not be filtered in a query call`)
  return column
}

type Where = { readonly scope: Scope; readonly path: FieldPath }

const invalidOperator = ({ scope: { query }, path }: Where, words: string) =>
  refuse(400, 'INVALID_QUERY_FILTER_OPERATOR', at(query.text, path.at) + words)

const invalidField = ({ text }: Query, path: FieldPath, words: string) =>
  refuse(400, 'INVALID_FIELD', at(text, path.at) + words)

function comparison(
  { field }: Column,
  operator: Operator,
  literal: Literal,
  { scope, path }: Where,
): (value: Json) => boolean {
  if (literal.kind === 'null') {
    if (operator === '=') return (value) => value === null
    if (operator === '!=') return (value) => value !== null
    throw invalidOperator({ scope, path }, 'Invalid operator on null value')
  }
  const wanted = expected(field)
  if (!wanted.kinds.some((kind) => kind === literal.kind)) {
    const quotes =
      literal.kind === 'string'
        ? ' and should not be enclosed in quotes'
        : wanted.kinds.includes('string')
          ? ' and should be enclosed in quotes'
          : ''
    throw invalidField(
      scope.query,
      path,
      `value of filter criterion for field '${field.name}' must be of type ${wanted.name}${quotes}`,
    )
  }
  if (operator === 'like') return like(field, literal, { scope, path })
  const target = literalValue(field, literal, { scope, path })
  if (field.type === 'boolean' && operator !== '=' && operator !== '!=')
    throw invalidOperator({ scope, path }, `invalid operator on ${field.name} field`)
  return (value) => {
    if (value === null) return operator === '!='
    const difference = compareValues(field, value, target)
    switch (operator) {
      case '=':
        return difference === 0
      case '!=':
        return difference !== 0
      case '<':
        return difference < 0
      case '<=':
        return difference <= 0
      case '>':
        return difference > 0
      case '>=':
        return difference >= 0
    }
  }
}

function like(field: Field, literal: Literal, { scope, path }: Where): (value: Json) => boolean {
  if (literal.kind !== 'string' || !isText(field.type))
    throw invalidOperator({ scope, path }, `invalid operator on ${field.type} field`)
  const source = literal.text.replace(
    /\\([%_])|([%_])|([.*+?^${}()|[\]\\])/g,
    (_all, escaped: string, wild: string, special: string) =>
      escaped ?? (wild ? (wild === '%' ? '.*' : '.') : `\\${special}`),
  )
  const pattern = new RegExp(`^${source}$`, 'isu')
  return (value) => typeof value === 'string' && pattern.test(value)
}

function literalValue(field: Field, literal: Literal, { scope, path }: Where): Json {
  if (literal.kind === 'boolean') return literal.value
  if (literal.kind === 'null') return null
  if (field.type === 'id' || field.type === 'reference') {
    const id = readId(literal.text)
    if (id === undefined) throw invalidOperator({ scope, path }, `invalid ID field: ${literal.text}`)
    return id
  }
  if (literal.kind === 'datetime') return new Date(literal.text).toISOString()
  return literal.text
}

function compareValues(field: Field, left: Json, right: Json): number {
  if (field.type === 'int' || isDecimal(field.type)) return compareDecimals(String(left), String(right))
  // Text compares without case; Ids with it, in the order of their characters.
  const [a, b] = isText(field.type)
    ? [String(left).toLowerCase(), String(right).toLowerCase()]
    : [String(left), String(right)]
  return a < b ? -1 : a > b ? 1 : 0
}

function expected(field: Field): { readonly name: string; readonly kinds: readonly Literal['kind'][] } {
  if (field.type === 'boolean') return { name: 'boolean', kinds: ['boolean'] }
  if (field.type === 'datetime') return { name: 'dateTime', kinds: ['datetime'] }
  if (field.type === 'date') return { name: 'date', kinds: ['date'] }
  if (field.type === 'int') return { name: 'int', kinds: ['number'] }
  if (isDecimal(field.type)) return { name: 'double', kinds: ['number'] }
  if (field.type === 'id' || field.type === 'reference') return { name: 'ID', kinds: ['string'] }
  return { name: 'string', kinds: ['string'] }
}
