import { commonFaultKeys, type Fault, type FaultKey, type FaultSpec } from '../app/command-sandbox.ts'
import type { Json } from '../model/json.ts'
import { ownMember } from '../model/own-member.ts'

export type FaultWords = {
  readonly operands: readonly string[]
  /** As they were typed, once or more; a key without a value is `true`. */
  readonly keys: ReadonlyMap<string, readonly (string | true)[]>
  readonly off: boolean
}

/** Every fault has keys of its own, so flags are read here and not by the command. */
export function readWords(words: readonly string[]): FaultWords {
  const operands: string[] = []
  const keys = new Map<string, readonly (string | true)[]>()
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!word.startsWith('--')) {
      operands.push(word)
      continue
    }
    const [flag, inline] = splitOnce(word.slice(2))
    const following = words[index + 1]
    const value = inline ?? (following === undefined || following.startsWith('--') ? undefined : following)
    if (inline === undefined && value !== undefined && flag !== 'off') index++
    const key = flag.replaceAll('-', '_')
    keys.set(key, [...(keys.get(key) ?? []), flag === 'off' ? true : (value ?? true)])
  }
  const off = keys.delete('off')
  return { operands, keys, off }
}

/** By what each key takes. What does not fit stays as it was typed: the sandbox refuses it. */
export function readSpec(keys: FaultWords['keys'], fault: Fault | undefined): FaultSpec {
  const known: { readonly [key: string]: FaultKey } = { ...commonFaultKeys, ...fault?.keys }
  return Object.fromEntries(
    [...keys].map(([key, values]): readonly [string, Json] => {
      const wanted = ownMember(known, key)
      if (wanted === 'list') return [key, readList(values)]
      const read = values.map((value) => (value === true ? value : readValue(value, wanted)))
      return [key, read.length > 1 ? read : (read[0] ?? true)]
    }),
  )
}

/** Identifiers: text, though they look like numbers. */
const readList = (values: readonly (string | true)[]): readonly string[] =>
  values.flatMap((value) => (value === true ? [] : value.split(',').filter((item) => item !== '')))

/** @param wanted undefined: nobody has said, and it is what it looks like */
function readValue(text: string, wanted: FaultKey | undefined): string | number | boolean {
  if (wanted === 'text' || wanted === 'pattern' || wanted === 'text_or_json') return text
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=')
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
