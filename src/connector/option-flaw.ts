/** The connector's own options of a stream or an object, as a sync gives them, held against the schema that it has for them. */
import { z } from 'zod'
import { didYouMean } from '../model/did-you-mean.ts'
import { issueWords } from '../model/issue-words.ts'
import type { JsonObject } from '../model/json.ts'

type Taker = { readonly name: string; readonly options?: z.ZodObject }

export const optionNames = ({ options }: Pick<Taker, 'options'>): readonly string[] => Object.keys(options?.shape ?? {})

/** What is wrong with them, as a sentence; null: nothing. */
export function optionFlaw(taker: Taker, given: JsonObject): string | null {
  const flaw = flawOf(taker, given)
  return flaw === null || /[.?!]$/.test(flaw) ? flaw : `${flaw}.`
}

function flawOf(taker: Taker, given: JsonObject): string | null {
  const known = optionNames(taker)
  const stray = Object.keys(given).find((name) => !known.includes(name))
  if (stray !== undefined) return strayOption(taker.name, stray, known)
  const parsed = taker.options?.safeParse(given, { error: issueWords })
  if (!parsed || parsed.success) return null
  const [issue] = parsed.error.issues
  return issue ? refusedValue(taker, issue, given) : `the options of ${taker.name} are refused`
}

function strayOption(taker: string, name: string, known: readonly string[]): string {
  if (name === 'query') return `${taker} takes no query`
  if (known.length === 0) return `${taker} takes no options, so ${name} would do nothing`
  const near = didYouMean(name, known)
  return `${taker} has no option ${name}${near ? `; did you mean ${near}?` : `; it has ${known.join(', ')}`}`
}

function refusedValue({ name, options }: Taker, issue: z.core.$ZodIssue, given: JsonObject): string {
  const first = String(issue.path[0])
  const option: unknown = issue.path.length === 1 && !Object.hasOwn(given, first) ? options?.shape[first] : undefined
  // One that may be left out is missed by a rule between options, which has its own words.
  if (option instanceof z.ZodType && !option.safeParse(undefined).success)
    return `${name} needs the option ${first}${option.description === undefined ? '' : ` (${option.description})`}`
  const what =
    issue.path.length === 0 ? `the options of ${name} are` : `the option ${issue.path.join('.')} of ${name} is`
  return `${what} refused: ${issue.message}${meant(issue, given)}`
}

/** Of a value that is none of a list. */
function meant(issue: z.core.$ZodIssue, given: JsonObject): string {
  if (issue.code !== 'invalid_value') return ''
  let value: unknown = given
  for (const step of issue.path)
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  const near = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : undefined
  return near === undefined ? '' : `; did you mean ${near}?`
}
