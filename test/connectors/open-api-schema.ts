import type { Json, JsonObject } from 'millrace'

/** As much of JSON Schema as vendors' descriptions use. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly nullable?: boolean
  readonly properties?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly enum?: readonly Json[]
  readonly const?: Json
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly maxLength?: number
  readonly maxItems?: number
  readonly minItems?: number
  readonly minimum?: number
  readonly maximum?: number
}

/**
 * What is wrong with a value, one sentence a place. A field that is not described is wrong, too, unless the schema says that
 * there may be others, or describes none.
 */
export function checkSchema(value: Json, schema: Schema, { find, at }: Place): readonly string[] {
  return checkWhole(value, schema, { find, at, beside: new Set() })
}

export type Place = {
  /** The schema that `$ref` names. */
  readonly find: (ref: string) => Schema | undefined
  readonly at: string
}

type Inner = Place & { /** Fields that are described beside this schema. */ readonly beside: ReadonlySet<string> }

function checkWhole(value: Json, schema: Schema, { find, at, beside }: Inner): readonly string[] {
  const parts = partsOf(schema, find)
  if (value === null && (parts.some(isNullable) || parts.every(({ type }) => type === undefined))) return []
  const choices = parts.flatMap(({ oneOf, anyOf }) => [oneOf, anyOf].filter((each) => each !== undefined))
  const own = parts.flatMap((part) => checkPart(value, part, { find, at }))
  const named = new Set([...beside, ...parts.flatMap(({ properties = {} }) => Object.keys(properties))])
  const chosen = choices.flatMap((branches) => {
    const others = choices
      .filter((each) => each !== branches)
      .flatMap((each) => each.flatMap((one) => namesOf(one, find)))
    const around = new Set([...named, ...others])
    return branches
      .map((branch) => checkWhole(value, branch, { find, at, beside: around }))
      .reduce((best, each) => (each.length < best.length ? each : best))
  })
  // Where there is a choice, what is chosen says which fields are too many.
  return [...own, ...chosen, ...(choices.length > 0 ? [] : checkNames(value, { parts, named, at }))]
}

function checkPart(value: Json, schema: Schema, { find, at }: Place): readonly string[] {
  const types = schema.type === undefined ? undefined : [schema.type].flat()
  if (types && !types.some((type) => isOfType(value, type))) return [`${at}: ${short(value)} is no ${types.join('|')}`]
  if (schema.enum && !schema.enum.some((each) => each === value))
    return [`${at}: ${short(value)} is none of ${schema.enum.slice(0, 12).join(', ')}`]
  if (schema.const !== undefined && schema.const !== value)
    return [`${at}: ${short(value)} is not ${short(schema.const)}`]
  if (typeof value === 'string') return value.length > (schema.maxLength ?? Infinity) ? [`${at}: too long`] : []
  if (typeof value === 'number')
    return value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)
      ? [`${at}: ${value} is out of bounds`]
      : []
  if (isList(value)) {
    const { items, minItems = 0, maxItems = Infinity } = schema
    const odd = value.length < minItems || value.length > maxItems ? [`${at}: ${value.length} items`] : []
    return items
      ? [...odd, ...value.flatMap((each) => checkWhole(each, items, { find, at: `${at}[]`, beside: new Set() }))]
      : odd
  }
  if (!isObject(value)) return []
  const { properties = {}, required = [], additionalProperties } = schema
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is required`)
  const more = typeof additionalProperties === 'object' ? additionalProperties : undefined
  return [
    ...missing,
    ...Object.entries(value).flatMap(([name, each]) => {
      const described = Object.hasOwn(properties, name) ? properties[name] : more
      return described ? checkWhole(each, described, { find, at: `${at}.${name}`, beside: new Set() }) : []
    }),
  ]
}

type Names = { readonly parts: readonly Schema[]; readonly named: ReadonlySet<string>; readonly at: string }

function checkNames(value: Json, { parts, named, at }: Names): readonly string[] {
  const isOpen =
    named.size === 0 || parts.some(({ additionalProperties: more }) => more !== undefined && more !== false)
  if (isOpen || !isObject(value)) return []
  return Object.keys(value)
    .filter((name) => !named.has(name))
    .map((name) => `${at}.${name} is not described`)
}

/** The schema without `$ref` and `allOf`. */
function partsOf(schema: Schema, find: Place['find']): readonly Schema[] {
  const { $ref, allOf, ...own } = schema
  const meant = $ref === undefined ? undefined : find($ref)
  return [own, ...(meant ? partsOf(meant, find) : []), ...(allOf ?? []).flatMap((each) => partsOf(each, find))]
}

/** All fields that a schema describes, whatever is chosen. */
function namesOf(schema: Schema, find: Place['find']): readonly string[] {
  return partsOf(schema, find).flatMap(({ properties = {}, oneOf = [], anyOf = [] }) => [
    ...Object.keys(properties),
    ...[...oneOf, ...anyOf].flatMap((each) => namesOf(each, find)),
  ])
}

const isNullable = ({ type, nullable, enum: values }: Schema) =>
  nullable === true || [type].flat().includes('null') || values?.includes(null) === true

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'null':
      return value === null
    default:
      return typeof value === type
  }
}

const short = (value: Json) => JSON.stringify(value).slice(0, 60)

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
