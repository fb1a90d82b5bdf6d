import { invalidJson } from './refusal.ts'

export type Item = { readonly [name: string]: unknown }

export const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON object with these keys and no others. @throws HubspotRefusal */
export function readObject(text: string, keys: readonly string[]): Item {
  const value = parse(text)
  if (!isItem(value)) throw invalidJson('Cannot deserialize the request body: it is not an object')
  return refuseUnknown(value, keys)
}

/** Stricter than HubSpot, which may pass over what it does not know: a word that does nothing should not go unseen here. */
export function refuseUnknown(value: Item, keys: readonly string[]): Item {
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw invalidJson(`Unrecognized field "${unknown}"`)
  return value
}

/** The batch's inputs, a hundred at most. */
export function readInputs(body: Item, maxInputs = 100): readonly Item[] {
  const { inputs } = body
  if (inputs === undefined || inputs === null) throw invalidJson('Some required fields were not set: [inputs]')
  if (!Array.isArray(inputs) || !inputs.every(isItem)) throw invalidJson('Cannot deserialize inputs: a list of objects')
  if (inputs.length > maxInputs)
    throw invalidJson(`inputs has ${inputs.length} items; at most ${maxInputs} are allowed in a batch`)
  return inputs
}

export function readText(item: Item, name: string): string {
  const value = item[name]
  if (value === undefined || value === null) throw invalidJson(`Some required fields were not set: [${name}]`)
  if (typeof value !== 'string')
    throw invalidJson(`Cannot deserialize value of type \`java.lang.String\` from ${kindOf(value)} (field ${name})`)
  return value
}

export function readTexts(item: Item, name: string): { readonly [key: string]: string } {
  const value = item[name]
  if (value === undefined || value === null) throw invalidJson(`Some required fields were not set: [${name}]`)
  if (!isItem(value)) throw invalidJson(`Cannot deserialize ${name}: a map of texts`)
  const texts: [string, string][] = []
  for (const [key, each] of Object.entries(value)) {
    if (typeof each !== 'string')
      throw invalidJson(`Cannot deserialize value of type \`java.lang.String\` from ${kindOf(each)} (field ${key})`)
    texts.push([key, each])
  }
  return Object.fromEntries(texts)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidJson('Unexpected character')
  }
}

const kindOf = (value: unknown) => (Array.isArray(value) ? 'Array value' : `${typeof value} value`)
