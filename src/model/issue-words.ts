/** What a schema says of a value, where it has no words of its own: zod’s are for programmers (`Too small: expected number to be >=1`). */
import type { z } from 'zod'

type Issue = z.core.$ZodRawIssue
type Raw<Code extends Issue['code']> = Extract<Issue, { readonly code: Code }>

/** For `safeParse`: of any issue. */
export function issueWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'it is missing' : `it has to be ${nounOf(issue.expected)}`
    case 'invalid_value':
      return `it has to be ${issue.values.map(String).join(' or ')}`
    case 'unrecognized_keys':
      return `${issue.keys.join(', ')} is not known here`
    case 'invalid_union':
      return noneOfItsForms
    case 'invalid_key':
      return 'a name in it is not of the right form'
    case 'custom':
      return 'it is none that is taken here'
    default:
      return boundWords(issue)
  }
}

/** Likewise, where the kinds of the others are told by whoever asks. */
export function boundWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'too_small':
      return `it has to ${measure(issue.origin, how(issue, 'more than', 'at least'), issue.minimum)}`
    case 'too_big':
      return `it has to ${measure(issue.origin, how(issue, 'less than', 'at most'), issue.maximum)}`
    case 'not_multiple_of':
      return `it has to be a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `it has to ${formOf(issue)}`
    default:
      return undefined
  }
}

export const noneOfItsForms = 'it has none of the forms that it can have'

export const nounOf = (type: string): string => nouns.get(type) ?? type

const how = (
  { exact, inclusive }: { readonly exact?: boolean; readonly inclusive?: boolean },
  beyond: string,
  from: string,
): string => (exact ? 'exactly' : inclusive === false ? beyond : from)

/** A pattern is shown where the schema's author wrote it; that of a known form (a UUID) nobody could read. */
function formOf({ format, prefix, suffix, includes, pattern }: Raw<'invalid_format'>): string {
  if (prefix !== undefined) return `begin with ${String(prefix)}`
  if (suffix !== undefined) return `end with ${String(suffix)}`
  if (includes !== undefined) return `have ${String(includes)} in it`
  return `be ${forms.get(format) ?? `of the form ${format === 'regex' && pattern !== undefined ? pattern : format}`}`
}

function measure(origin: string, how: string, bound: number | bigint): string {
  const count = Number(bound)
  if (origin === 'string')
    return how === 'at least' && count === 1
      ? 'have some text'
      : `have ${how} ${count} ${count === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return `have ${how} ${count} ${count === 1 ? 'entry' : 'entries'}`
  return `be ${how} ${bound}`
}

const nouns: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
  ['null', 'nothing'],
])

const forms: ReadonlyMap<string, string> = new Map([
  ['url', 'a whole address, as `https://example.com`'],
  ['email', 'an e-mail address'],
  ['datetime', 'an instant, as `2026-11-22T09:00:00Z`'],
  ['date', 'a day, as `2026-11-22`'],
  ['time', 'a time, as `09:00:00`'],
  ['lowercase', 'in lower case'],
  ['uppercase', 'in upper case'],
])
