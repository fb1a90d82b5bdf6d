import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from 'millrace'
import type { RecordedExchange } from './open-api-exchanges.ts'
import { checkSchema, type Schema } from './open-api-schema.ts'

/** A vendor's OpenAPI description, as far as requests and answers are held against it. */
export type OpenApi = {
  readonly operation: (method: string, path: string) => Operation | undefined
  /** What is wrong with a request: its path, its query, what it carries. */
  readonly checkRequest: (exchange: RecordedExchange) => readonly string[]
  readonly checkAnswer: (exchange: RecordedExchange) => readonly string[]
}

export type Operation = {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Body & { readonly required?: boolean }
  readonly responses?: { readonly [status: string]: Body }
}

type Parameter = {
  readonly $ref?: string
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}
type Body = { readonly $ref?: string; readonly content?: { readonly [type: string]: { readonly schema?: Schema } } }
type PathItem = { readonly parameters?: readonly Parameter[] } & { readonly [method: string]: Operation }

/** `text`: JSON, as it is published. */
export function readOpenApi(text: string): OpenApi {
  // The vendor's file: read as it is documented, and a test fails at once where it is another one.
  const file = JSON.parse(text) as { readonly paths: { readonly [path: string]: PathItem } }
  const find = <T>(ref: string): T | undefined => resolve(file, ref) as T | undefined
  const meant = <T extends { readonly $ref?: string }>(thing: T): T =>
    thing.$ref === undefined ? thing : (find<T>(thing.$ref) ?? thing)
  const paths = Object.entries(file.paths)
    .map(([template, item]) => ({ template, item, matches: patternOf(template) }))
    // What is literal goes before what is a parameter.
    .toSorted((a, b) => a.template.split('{').length - b.template.split('{').length)
  const route = (method: string, path: string) =>
    paths.find(({ matches, item }) => matches.test(path) && item[method.toLowerCase()] !== undefined)
  const check = (value: Json, schema: Schema, at: string) => checkSchema(value, schema, { find, at })
  const described = ({ method, path }: RecordedExchange) => {
    const found = route(method, path)
    const operation = found?.item[method.toLowerCase()]
    return found && operation ? { operation, item: found.item, at: `${method} ${found.template}` } : undefined
  }

  return {
    operation: (method, path) => route(method, path)?.item[method.toLowerCase()],
    checkRequest: (exchange) => {
      const { query, sent } = exchange
      const to = described(exchange)
      if (!to) return [`${exchange.method} ${exchange.path} is not described`]
      const { operation, item, at } = to
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
        .map(meant)
        .filter((each) => each.in === 'query')
      const asked = foldQuery(query)
      const missing = parameters
        .filter(({ name, required }) => required && !asked.has(name))
        .map(({ name }) => `${at}: no ${name}`)
      const odd = [...asked].flatMap(([name, values]) => {
        const parameter = parameters.find((each) => each.name === name)
        if (!parameter) return [`${at}: no parameter ${name}`]
        return parameter.schema ? best(values.map((each) => check(each, parameter.schema ?? {}, `${at} ${name}`))) : []
      })
      const body = operation.requestBody && meant(operation.requestBody)
      const schema = schemaOf(body)
      if (sent === null) return [...missing, ...odd, ...(body?.required ? [`${at}: nothing sent`] : [])]
      return [...missing, ...odd, ...(schema ? check(sent, schema, at) : [`${at}: carries something`])]
    },
    checkAnswer: (exchange) => {
      const to = described(exchange)
      if (!to) return [`${exchange.method} ${exchange.path} is not described`]
      const { responses = {} } = to.operation
      const at = `${to.at} ${exchange.status}`
      const answer =
        responses[exchange.status] ?? responses[`${Math.floor(exchange.status / 100)}XX`] ?? responses['default']
      if (!answer) return [`${at} is not described`]
      const schema = schemaOf(meant(answer))
      return schema ? check(exchange.answered, schema, at) : []
    },
  }
}

/** All descriptions in a folder as one: each endpoint is held against the file that has it. */
export function readOpenApis(folder: string): OpenApi {
  const apis = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readOpenApi(readFileSync(join(folder, name), 'utf8')))
  const of = (method: string, path: string) => apis.find((api) => api.operation(method, path) !== undefined)
  const unknown = ({ method, path }: RecordedExchange) => [`${method} ${path} is not described`]
  return {
    operation: (method, path) => of(method, path)?.operation(method, path),
    checkRequest: (exchange) => of(exchange.method, exchange.path)?.checkRequest(exchange) ?? unknown(exchange),
    checkAnswer: (exchange) => of(exchange.method, exchange.path)?.checkAnswer(exchange) ?? unknown(exchange),
  }
}

const schemaOf = (body: Body | undefined) =>
  Object.entries(body?.content ?? {}).find(([type]) => type.includes('json') || type === '*/*')?.[1].schema

function resolve(file: object, ref: string): unknown {
  return ref
    .replace(/^#\//, '')
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (at, part) =>
        typeof at === 'object' && at !== null ? Object.entries(at).find(([name]) => name === part)?.[1] : undefined,
      file,
    )
}

const patternOf = (template: string) =>
  new RegExp(
    `^${template
      .split(/\{[^}]+\}/)
      .map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`))
      .join('[^/]+')}/?$`,
  )

/** Each parameter with what it may mean; `created[gte]=1` and `expand[0]=a` are parts of one that is an object or a list. */
function foldQuery(query: URLSearchParams): ReadonlyMap<string, readonly Json[]> {
  const folded = new Map<string, readonly Json[]>()
  const parts = new Map<string, [string, string][]>()
  for (const [name, value] of query) {
    const [, base, part] = /^([^[]+)\[([^\]]*)\]$/.exec(name) ?? []
    if (base === undefined || part === undefined) folded.set(name, valuesOf(value))
    else parts.set(base, [...(parts.get(base) ?? []), [part, value]])
  }
  for (const [base, given] of parts) {
    const isList = given.every(([part]) => /^\d*$/.test(part))
    const list = given.map(([, value]) => value)
    // A number in brackets stands for a number: no vendor here takes a text of digits there.
    const fields = given.map(([part, value]) => [part, valuesOf(value)[0] ?? null])
    folded.set(base, [isList ? list : (Object.fromEntries(fields) as JsonObject)]) // from JSON values
  }
  return folded
}

/** A query has texts: what they may mean. */
function valuesOf(text: string): readonly Json[] {
  const plain: readonly Json[] = /^(-?\d+(\.\d+)?|true|false)$/.test(text) ? [JSON.parse(text) as Json, text] : [text] // a number or a boolean
  return [...plain, text.split(',')]
}

const best = (each: readonly (readonly string[])[]) =>
  each.reduce((fewest, one) => (one.length < fewest.length ? one : fewest))

/** Has the description an endpoint as a simulator's `coverage` names it? */
export const isServed = (api: OpenApi, endpoint: string): boolean => {
  const [method = '', path = ''] = endpoint.split(' ')
  return api.operation(method, path.replaceAll(/:\w+/g, '1')) !== undefined
}
