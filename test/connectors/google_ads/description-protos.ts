import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What protocol buffer files describe, by full names without the leading dot. */
export type Protos = {
  readonly messages: ReadonlyMap<string, Message>
  readonly enums: ReadonlyMap<string, readonly string[]>
  /** `POST /v25/customers/{customer_id}/googleAds:search` */
  readonly endpoints: ReadonlyMap<string, { readonly request: string; readonly response: string }>
}

export type Message = ReadonlyMap<string, ProtoField>

export type ProtoField = {
  /** A scalar's name, or the full name of a message or an enumeration. */
  readonly type: string
  readonly isRepeated: boolean
  readonly isMap: boolean
  readonly isRequired: boolean
  /** Holds the name of a resource. */
  readonly isReference: boolean
}

/** Of all `.proto` files below a folder. Reads as much of the language as a description of data needs. */
export function readProtos(folder: string): Protos {
  const messages = new Map<string, Map<string, ProtoField>>()
  const enums = new Map<string, string[]>()
  const endpoints = new Map<string, { readonly request: string; readonly response: string }>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.proto')) readFile(readFileSync(join(folder, file), 'utf8'), { messages, enums, endpoints })
  // Names are relative where they are used: known once all files are.
  const known = (name: string) => messages.has(name) || enums.has(name)
  for (const [message, fields] of messages)
    for (const [name, field] of fields) fields.set(name, { ...field, type: resolve(field.type, message, known) })
  const resolved = [...endpoints].map(([path, { request, response }]) => {
    const scope = /^\S+ (\S+) /.exec(path)?.[1] ?? ''
    const types = { request: resolve(request, scope, known), response: resolve(response, scope, known) }
    return [path.replace(` ${scope}`, ''), types] as const
  })
  return { messages, enums, endpoints: new Map(resolved) }
}

type Found = {
  readonly messages: Map<string, Map<string, ProtoField>>
  readonly enums: Map<string, string[]>
  readonly endpoints: Map<string, { readonly request: string; readonly response: string }>
}

function readFile(source: string, { messages, enums, endpoints }: Found): void {
  const packageName = /^package ([\w.]+);/m.exec(source)?.[1] ?? ''
  for (const [, request = '', response = '', method = '', path = ''] of source.matchAll(rpc))
    endpoints.set(`${method.toUpperCase()} ${packageName}.Service ${path}`, { request, response })
  const scopes: Scope[] = []
  for (const { text, ends } of statementsOf(source)) {
    const at = scopes.findLast(({ kind }) => kind === 'message' || kind === 'enum')
    if (ends === '{') {
      const [, kind = 'other', name = ''] = /^(message|enum|oneof|service) (\w+)$/.exec(text) ?? []
      const full = `${at?.name ?? packageName}.${name}`
      scopes.push({ kind, name: full })
      if (kind === 'message') messages.set(full, new Map())
      if (kind === 'enum') enums.set(full, [])
    } else if (ends === '}') scopes.pop()
    else if (!at || scopes.at(-1)?.kind === 'other') continue
    else if (at.kind === 'enum') {
      const value = /^(\w+) =/.exec(text)?.[1]
      if (value !== undefined) enums.get(at.name)?.push(value)
    } else {
      const field = readField(text)
      if (field) messages.get(at.name)?.set(...field)
    }
  }
}

/** Cut at `;`, `{` and `}`, but for those within brackets and texts. Spaces are single, comments are gone. */
function* statementsOf(source: string): Generator<{ readonly text: string; readonly ends: string }> {
  let text = ''
  let depth = 0
  for (const [piece] of source.matchAll(/\/\/.*|"(?:[^"\\]|\\.)*"|[;{}[\]]|\s+|[^;{}[\]"/\s]+|\//g)) {
    if (piece.startsWith('//')) continue
    if (piece === '[') depth++
    if (piece === ']') depth--
    if (depth === 0 && /^[;{}]$/.test(piece)) {
      yield { text: text.trim(), ends: piece }
      text = ''
    } else text += piece.trim() === '' ? ' ' : piece
  }
}

type Scope = { readonly kind: string; readonly name: string }

function readField(statement: string): [string, ProtoField] | undefined {
  // A long type goes on in the next line.
  const [, label, type = '', value, name = '', options = ''] =
    fieldStatement.exec(statement.replaceAll(/ +/g, ' ').replaceAll(' .', '.')) ?? []
  if (type === '') return undefined
  return [
    name,
    {
      type: value ?? type,
      isRepeated: label === 'repeated ',
      isMap: value !== undefined,
      isRequired: options.includes('= REQUIRED'),
      isReference: options.includes('resource_reference') || name === 'resource_name',
    },
  ]
}

/** From the inside out, as the language does. */
function resolve(type: string, from: string, known: (name: string) => boolean): string {
  const scopes = from.split('.')
  for (let length = scopes.length; length > 0; length--) {
    const name = [...scopes.slice(0, length), type].join('.')
    if (known(name)) return name
  }
  return type
}

const rpc =
  /rpc \w+\s*\((?:stream )?([\w.]+)\)\s*returns\s*\((?:stream )?([\w.]+)\)\s*\{\s*option \(google\.api\.http\) = \{\s*(get|post|put|patch|delete): "([^"]+)"/g
const fieldStatement =
  /^(repeated |optional |required )?(map|[\w.]+)(?: ?< ?\w+ ?, ?([\w.]+) ?>)? (\w+) = ?\d+ ?(\[.*\])?$/
