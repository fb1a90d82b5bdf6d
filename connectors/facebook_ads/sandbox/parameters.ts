import type { Json } from 'millrace'
import { isRefusal, refuseParameter, type Refusal } from './refusal.ts'

/** What an endpoint takes: names in the query or the body, as text or as JSON. */
export type Kind = 'text' | 'integer' | 'names' | 'list' | 'object' | readonly string[]

export type Spec = { readonly [name: string]: Kind }

export type Given = { readonly [name: string]: Json }

/** Everything that was sent, by name. Lists and objects also come as JSON text. https://developers.facebook.com/docs/graph-api/overview */
export async function readGiven(request: Request, url: URL): Promise<Given | Refusal> {
  const given: { [name: string]: Json } = Object.fromEntries(url.searchParams)
  const body = await request.text()
  if (body === '') return given
  if (!(request.headers.get('content-type') ?? '').includes('json'))
    return { ...given, ...Object.fromEntries(new URLSearchParams(body)) }
  try {
    const sent: Json = JSON.parse(body)
    return typeof sent === 'object' && sent !== null && !Array.isArray(sent)
      ? { ...given, ...(sent as Given) } // an object, and each parameter is checked by its name below
      : refuseParameter('Invalid parameter')
  } catch {
    return refuseParameter('Invalid JSON for postcard')
  }
}

/** The parameters by their kinds, or what the vendor says against them. */
export function checkParameters(given: Given, spec: Spec): Given | Refusal {
  const checked: { [name: string]: Json } = {}
  for (const [name, value] of Object.entries(given)) {
    if (name === 'access_token' || name === 'appsecret_proof') continue
    const kind = spec[name]
    if (kind === undefined) return refuseParameter(`Unknown parameter ${name}`)
    const read = readValue(name, kind, value)
    if (isRefusal(read)) return read
    checked[name] = read
  }
  return checked
}

function readValue(name: string, kind: Kind, value: Json): Json | Refusal {
  if (typeof kind !== 'string')
    return typeof value === 'string' && kind.includes(value)
      ? value
      : refuseParameter(`Param ${name} must be one of {${kind.join(', ')}} - got "${String(value)}".`)
  switch (kind) {
    case 'text':
      return typeof value === 'string' || typeof value === 'number'
        ? String(value)
        : refuseParameter(`Param ${name} must be a string`)
    case 'integer':
      return /^\d+$/.test(String(value)) ? Number(value) : refuseParameter(`Param ${name} must be an integer`)
    case 'names':
      // `a,b` or a list.
      return Array.isArray(value)
        ? value
        : typeof value === 'string'
          ? value.startsWith('[')
            ? readValue(name, 'list', value)
            : value.split(',').filter((each) => each !== '')
          : refuseParameter(`Param ${name} must be a string`)
    case 'list': {
      const list = fromText(value)
      return Array.isArray(list) ? list : refuseParameter(`Param ${name} must be an array.`)
    }
    case 'object': {
      const object = fromText(value)
      return typeof object === 'object' && object !== null && !Array.isArray(object)
        ? object
        : refuseParameter(`Param ${name} must be an object.`)
    }
    default:
      return refuseParameter(`Unknown parameter ${name}`)
  }
}

function fromText(value: Json): Json {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as Json // JSON.parse gives nothing else
  } catch {
    return value
  }
}

export const listOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
