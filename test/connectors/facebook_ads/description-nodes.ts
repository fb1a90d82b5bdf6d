import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from 'millrace'

/** Facebook's description of its nodes: `api_specs/specs` of github.com/facebook/facebook-business-sdk-codegen. */
export type Description = {
  readonly node: (name: string) => Node | undefined
  /** What is wrong with a value that is described as `type`: one sentence a place. */
  readonly check: (value: Json, type: string, at: string) => readonly string[]
  /** The values of an enumeration. */
  readonly valuesOf: (name: string) => readonly string[] | undefined
}

export type Node = {
  readonly fields: { readonly [name: string]: string }
  readonly apis: readonly Api[]
}

export type Api = {
  readonly method: string
  /** Of an edge. The node itself has the name `#get` instead. */
  readonly endpoint?: string
  readonly name?: string
  readonly return: string
  readonly params: readonly { readonly name: string; readonly type: string; readonly required?: boolean }[]
}

export function readDescription(folder: string): Description {
  let enums: ReadonlyMap<string, readonly string[]> | undefined
  const valuesOf: Description['valuesOf'] = (name) => (enums ??= readEnums(join(folder, 'enum_types.json'))).get(name)
  const nodes = new Map<string, Node | undefined>()
  const node = (name: string): Node | undefined => {
    if (!nodes.has(name)) nodes.set(name, readNode(join(folder, `${name}.json`)))
    return nodes.get(name)
  }
  const check: Description['check'] = (value, type, at) => {
    const [, of, inner = ''] = /^(list|map)<(?:string, ?|int, ?)?(.+)>$/.exec(type) ?? []
    if (of === 'list')
      return Array.isArray(value)
        ? value.flatMap((each, index) => check(each, inner, `${at}[${index}]`))
        : [odd(at, type, value)]
    const values = valuesOf(type)
    if (values) return typeof value === 'string' && values.includes(value) ? [] : [odd(at, values.join('|'), value)]
    const fits = scalars[type] ?? (type.startsWith('map') ? isObject : undefined)
    if (fits) return fits(value) ? [] : [odd(at, type, value)]
    const struct = node(type)
    if (!struct) return [`${at}: ${type} is not described`]
    if (!isObject(value)) return [odd(at, type, value)]
    return Object.entries(value).flatMap(([name, each]) => {
      const declared = struct.fields[name]
      return declared === undefined ? [`${at}.${name}: not a field of ${type}`] : check(each, declared, `${at}.${name}`)
    })
  }
  return { node, check, valuesOf }
}

const readEnums = (path: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    readJson<readonly { readonly name: string; readonly values: readonly string[] }[]>(path).map(({ name, values }) => [
      name,
      values,
    ]),
  )

function readNode(path: string): Node | undefined {
  if (!existsSync(path)) return undefined
  const { fields, apis } = readJson<{
    readonly fields: readonly { readonly name: string; readonly type: string }[]
    readonly apis: readonly Api[]
  }>(path)
  return { fields: Object.fromEntries(fields.map(({ name, type }) => [name, type])), apis }
}

// The vendor's file: read as it is documented, and a test fails at once where it is another one.
const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

const odd = (at: string, type: string, value: Json) => `${at}: ${JSON.stringify(value)} is no ${type}`

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isInteger = (value: Json) => Number.isSafeInteger(value)

/** Numbers and truth come as text too where a query carries them. */
const scalars: { readonly [type: string]: (value: Json) => boolean } = {
  string: (value) => typeof value === 'string',
  int: isInteger,
  'unsigned int': (value) => isInteger(value) && Number(value) >= 0,
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  datetime: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$/.test(value),
  Object: isObject,
  map: isObject,
}
