import {
  refuseChoice,
  refuseDepth,
  refuseExpand,
  refuseInteger,
  refuseLimit,
  refuseMissing,
  refuseType,
  refuseUnknownParameters,
  type Refusal,
} from './refusal.ts'

/** What an endpoint takes. `range`: a number, or `[gt] [gte] [lt] [lte]`. */
export type ParameterSpec = {
  readonly [name: string]: ParameterKind
}

export type ParameterKind = 'string' | 'integer' | 'boolean' | 'range' | 'strings' | readonly string[]

export type Range = { readonly gt?: number; readonly gte?: number; readonly lt?: number; readonly lte?: number }

export type Parameters = {
  readonly limit: number
  readonly startingAfter: string | null
  readonly endingBefore: string | null
  readonly expand: ReadonlySet<string>
  readonly strings: { readonly [name: string]: string }
  readonly lists: { readonly [name: string]: readonly string[] }
  readonly ranges: { readonly [name: string]: Range }
}

export type ParameterRules = {
  readonly takes: ParameterSpec
  readonly required?: readonly string[]
  readonly isList: boolean
  /** Paths without the `data.` of a list. */
  readonly expandable: readonly string[]
}

/** Reads a query as the vendor does, and refuses what it refuses. https://docs.stripe.com/api/pagination */
export function readParameters(query: URLSearchParams, rules: ParameterRules): Parameters | Refusal {
  const takes: ParameterSpec = { ...rules.takes, ...(rules.isList ? paging : {}), expand: 'strings' }
  const given = groupByName(query)
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(takes, name))
  if (unknown.length > 0) return refuseUnknownParameters(unknown)
  const strings: Record<string, string> = {}
  const lists: Record<string, readonly string[]> = {}
  const ranges: Record<string, Range> = {}
  for (const [name, values] of given) {
    const kind = takes[name] ?? 'string'
    const refusal = checkKind(name, kind, values)
    if (refusal) return refusal
    if (kind === 'range') ranges[name] = readRange(values)
    else if (kind === 'strings') lists[name] = values.map(({ value }) => value)
    else strings[name] = values[0]?.value ?? ''
  }
  const missing = rules.required?.find((name) => !given.has(name))
  if (missing) return refuseMissing(missing)
  const limit = Number(strings.limit ?? 10)
  if (limit < 1 || limit > 100) return refuseLimit()
  if (strings.starting_after && strings.ending_before)
    return {
      ...refuseType('starting_after', 'request', ''),
      message: 'You may only specify one of these parameters: ending_before, starting_after.',
    }
  const expand = readExpand(lists.expand ?? [], rules)
  if (!(expand instanceof Set)) return expand
  return {
    limit,
    startingAfter: strings.starting_after ?? null,
    endingBefore: strings.ending_before ?? null,
    expand,
    strings,
    lists,
    ranges,
  }
}

type Given = { readonly key: string | null; readonly value: string }

/** `created[gte]=1`, `expand[]=a`, `expand[0]=a`. */
function groupByName(query: URLSearchParams): ReadonlyMap<string, readonly Given[]> {
  const given = new Map<string, Given[]>()
  for (const [full, value] of query) {
    const [, name = full, key = null] = /^([^[]+)\[([^\]]*)\]$/.exec(full) ?? []
    given.set(name, [...(given.get(name) ?? []), { key, value }])
  }
  return given
}

function checkKind(name: string, kind: ParameterKind, values: readonly Given[]): Refusal | undefined {
  const [{ key, value } = { key: null, value: '' }] = values
  if (kind === 'strings') return key === null ? refuseType(name, 'array', value) : undefined
  if (kind === 'range') {
    const odd = values.find((each) => each.key !== null && !rangeKeys.has(each.key))
    if (odd) return refuseUnknownParameters([`${name}[${odd.key}]`])
    const wrong = values.find((each) => !isInteger(each.value))
    return wrong && refuseInteger(wrong.key === null ? name : `${name}[${wrong.key}]`, wrong.value)
  }
  if (key !== null) return refuseType(name, 'string', `{"${key}"=>"${value}"}`)
  if (kind === 'integer' && !isInteger(value)) return refuseInteger(name, value)
  if (kind === 'boolean' && value !== 'true' && value !== 'false') return refuseType(name, 'boolean', value)
  if (Array.isArray(kind) && !kind.includes(value)) return refuseChoice(name, kind)
  return undefined
}

function readRange(values: readonly Given[]): Range {
  const [only] = values
  if (only?.key === null) return { gte: Number(only.value), lte: Number(only.value) }
  return Object.fromEntries(values.map(({ key, value }): [string, number] => [key ?? '', Number(value)]))
}

function readExpand(paths: readonly string[], { isList, expandable }: ParameterRules): Set<string> | Refusal {
  const expanded = new Set<string>()
  for (const path of paths) {
    // https://docs.stripe.com/api/expanding_objects
    if (path.split('.').length > maxDepth) return refuseDepth(path)
    const inner = isList && path.startsWith('data.') ? path.slice('data.'.length) : isList ? null : path
    if (inner === null || !expandable.includes(inner)) return refuseExpand(path)
    expanded.add(inner)
  }
  return expanded
}

const maxDepth = 4

const isInteger = (text: string) => /^-?\d+$/.test(text)

const paging: ParameterSpec = { limit: 'integer', starting_after: 'string', ending_before: 'string' }
const rangeKeys: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte'])
