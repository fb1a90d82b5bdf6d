import { stripControlCharacters } from './control-characters.ts'

/** Takes secrets out of whatever is about to be shown, stored or thrown. */
export type Redactor = {
  readonly text: (text: string) => string
  /** Words of a vendor, fit to be shown: redacted before control characters go and after, and only then cut. @default 500 characters */
  readonly words: (text: string, maxLength?: number) => string
  /** A copy with every string, keys included, redacted. Errors become plain errors without the extra properties SDKs hang on them. */
  readonly deep: <T>(value: T) => T
  /** Takes out this one as well from here on: a token that was got while the connection was open. The newest hundred are kept. */
  readonly add: (secret: string) => void
  /** What one request was signed with, the whole of it first. That of the newest sixteen is kept, beside what was added. */
  readonly addPassing: (secrets: readonly string[]) => void
}

/**
 * Replaces every secret by `[secret]`, also where it was encoded on the way: base64 and base64url at any offset (so inside
 * `Basic` credentials too), percent and form encoding, JSON escapes, hex. A secret of fewer than four characters is not
 * one that redaction can protect: its letters are everywhere.
 */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const given = formsOf(secrets)
  const added: Forms = new Map()
  const passing: Forms = new Map()
  let found: RegExp | null | undefined
  const text = (value: string) => {
    if (found === undefined)
      found = patternOf([given, ...added.values(), ...passing.values()].flatMap((forms) => [...forms]))
    return found ? value.replace(found, '[secret]') : value
  }
  const words = (value: string, maxLength = 500) => {
    // SDKs hold numbers where their types say text.
    return stripControlCharacters(text(stripControlCharacters(text(`${value}`), Infinity)), maxLength)
  }
  return {
    text,
    words,
    deep: <T>(value: T) => redactDeep(value, text, new WeakMap()) as T, // the same shape, strings replaced
    add(secret) {
      // Nobody checks types when a connector runs: what is neither text nor a number is none.
      if (!['string', 'number'].includes(typeof secret)) return
      if (keepNewest(added, [`${secret}`], mostAdded)) found = undefined
    },
    addPassing(secrets) {
      if (keepNewest(passing, secrets, mostPassing)) found = undefined
    },
  }
}

/** By the secret, the newest last. */
type Forms = Map<string, ReadonlySet<string>>

/** Are there others than before? What is given again is new again. */
function keepNewest(kept: Forms, secrets: readonly string[], most: number): boolean {
  const [secret] = secrets
  if (secret === undefined) return false
  const known = kept.get(secret)
  kept.delete(secret)
  kept.set(secret, known ?? formsOf(secrets))
  for (const oldest of kept.keys()) {
    if (kept.size <= most) break
    kept.delete(oldest)
  }
  return known === undefined
}

function formsOf(secrets: Iterable<string>): ReadonlySet<string> {
  const forms = new Set<string>()
  for (const secret of secrets)
    for (const variant of variants(secret))
      if (variant.length >= shortestSecret) for (const form of encodings(variant)) forms.add(form)
  return forms
}

/** null: there is nothing to look for. */
function patternOf(forms: readonly string[]): RegExp | null {
  // Longest first: a form that holds another is replaced whole.
  const pattern = [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).map((form) => RegExp.escape(form))
  return pattern.length === 0 ? null : new RegExp(pattern.join('|'), 'g')
}

/** A header is trimmed on its way, and a message loses its line breaks: what comes back is the secret all the same. */
const variants = (secret: string): readonly string[] => [
  ...new Set([secret, secret.trim(), stripControlCharacters(secret, Infinity)]),
]

function* encodings(secret: string): Generator<string> {
  yield secret
  const bytes = Buffer.from(secret, 'utf8')
  yield bytes.toString('hex')
  yield bytes.toString('hex').toUpperCase()
  const percent = percentEncoded(secret)
  // encodeURIComponent, RFC 3986 and forms leave different characters as they are.
  const strict = percent.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  for (const form of [
    percent,
    percent.replaceAll('%20', '+'),
    strict,
    new URLSearchParams([['', secret]]).toString().slice(1),
  ]) {
    yield form
    yield form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
  }
  const json = JSON.stringify(secret).slice(1, -1)
  yield json
  yield json.replaceAll('/', '\\/')
  yield JSON.stringify(json).slice(1, -1)
  for (const offset of [0, 1, 2]) {
    const core = base64Core(bytes, offset)
    if (core.length < shortestSecret) continue
    yield core
    yield core.replaceAll('+', '-').replaceAll('/', '_')
    yield percentEncoded(core)
  }
}

/** The characters of a base64 text that depend on the secret alone, when it begins `offset` bytes into a group of three. */
function base64Core(bytes: Uint8Array, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '')
  const first = Math.ceil((offset * 8) / 6)
  const last = Math.floor(((offset + bytes.length) * 8) / 6)
  return encoded.slice(first, last)
}

function percentEncoded(secret: string): string {
  return encodeURIComponent(secret.toWellFormed())
}

function redactDeep(value: unknown, text: (value: string) => string, seen: WeakMap<object, unknown>): unknown {
  if (typeof value === 'string') return text(value)
  if (typeof value !== 'object' || value === null) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (value instanceof Error) return redactError(value, text, seen)
  if (Array.isArray(value)) {
    const copy: unknown[] = []
    seen.set(value, copy)
    for (const item of value) copy.push(redactDeep(item, text, seen))
    return copy
  }
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value
  const copy: Record<string, unknown> = {}
  seen.set(value, copy)
  for (const [key, item] of Object.entries(value)) copy[text(key)] = redactDeep(item, text, seen)
  return copy
}

function redactError(error: Error, text: (value: string) => string, seen: WeakMap<object, unknown>): Error {
  // Not thrown: the cause of an error of ours, without the request, headers and config that SDKs attach to theirs.
  const copy = new Error(text(error.message))
  seen.set(error, copy)
  copy.name = error.name
  copy.stack = text(error.stack ?? '')
  if (error.cause !== undefined) copy.cause = redactDeep(error.cause, text, seen)
  if ('code' in error && typeof error.code === 'string') Object.assign(copy, { code: text(error.code) })
  return copy
}

const shortestSecret = 4
/** One pattern looks for all of them, and is made anew for each: of hundreds of long tokens that takes as long as a request. */
const mostAdded = 100
/** A signature that is another for each request is no secret for long. */
const mostPassing = 16
