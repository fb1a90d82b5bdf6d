import { z } from 'zod'

/** The connection's keys that carry `.meta({ secret: true })`, under whatever wraps them. */
export const secretKeys = (config: z.ZodObject): readonly string[] =>
  Object.keys(config.shape).filter((key) => isSecret(config.shape[key]))

function isSecret(schema: unknown): boolean {
  if (!(schema instanceof z.ZodType)) return false
  if (schema.meta()?.['secret'] === true) return true
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable
  return isWrapped && isSecret(schema.unwrap())
}

/** What stands around the first place where the secret is, plain or encoded. */
export function findSecret(heard: readonly unknown[], secret: string): string | undefined {
  const forms = formsOf(secret)
  for (const text of textsIn(heard, new Set())) {
    const found = forms.find((form) => text.includes(form))
    if (found === undefined) continue
    const at = text.indexOf(found)
    return `…${text.slice(Math.max(0, at - 80), at)}[here]${text.slice(at + found.length, at + found.length + 40)}…`
  }
  return undefined
}

/** Every text in a value: names and values of fields, those of errors that are not listed (message, stack, cause) too. */
function* textsIn(value: unknown, seen: Set<object>): Generator<string> {
  if (typeof value === 'string') yield value
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map || value instanceof Set) yield* textsIn([...value], seen)
  if (ArrayBuffer.isView(value)) {
    yield Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')
    return
  }
  for (const name of Reflect.ownKeys(value)) {
    yield String(name)
    // Not its getters: what they make is not what was said.
    yield* textsIn(Object.getOwnPropertyDescriptor(value, name)?.value, seen)
  }
}

/** As it is, in a URL, in JSON, in hexadecimal, and in base64 wherever it begins in a group of three (`user:password`). */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map((offset) => coreOfBase64(bytes, offset))
  const urls = [encodeURIComponent(secret), new URLSearchParams({ s: secret }).toString().slice(2)]
  const plain = [secret, JSON.stringify(secret).slice(1, -1), bytes.toString('hex')]
  return [...new Set([...plain, ...urls, ...base64, ...base64.map(toBase64Url)])]
}

/** The characters that depend on the secret alone. */
function coreOfBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}

const toBase64Url = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')
