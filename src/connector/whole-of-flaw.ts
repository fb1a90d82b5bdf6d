/** What a whole pass says that it read of: of any other field, or of no text, rows would be kept or taken that it is not about. */
import type { Stream } from './contract.ts'
import { textOf } from './text-of.ts'

/** What is wrong with the `wholeOf` of a checkpoint; null: nothing. */
export function wholeOfFlaw(checkpoint: object, { name, key, windowOf = [] }: Stream): string | null {
  const { wholeOf } = checkpoint as { readonly wholeOf?: unknown } // checked here
  if (wholeOf === undefined || wholeOf === null) return null
  const { field, values } = Object(wholeOf) as { readonly field?: unknown; readonly values?: unknown } // the same
  const known = [...key, ...windowOf]
  if (typeof field !== 'string' || !known.includes(field))
    return `the \`wholeOf\` of a checkpoint names the field ${textOf(field)}; of ${name} it may be ${known.join(', ') || 'none'}`
  if (!Array.isArray(values)) return `the \`values\` of \`wholeOf\` are no list, but ${textOf(values)}`
  const odd: unknown = values.find((value) => typeof value !== 'string')
  return odd === undefined
    ? null
    : `the \`values\` of \`wholeOf\` have ${textOf(odd)} (${typeof odd}), which is no text`
}
