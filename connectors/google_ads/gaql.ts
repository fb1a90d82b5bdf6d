import { MillraceError } from 'millrace'

/** https://developers.google.com/google-ads/api/docs/query/grammar */
export type ParsedQuery = { readonly fields: readonly string[]; readonly from: string; readonly where: string | null }

/**
 * Takes a user's query apart, as far as it has to be put together again with dates. Refused is what would keep rows out or
 * repeat them: ORDER BY, LIMIT, PARAMETERS, and conditions on dates, which are added here.
 */
export function parseQuery(name: string, text: string): ParsedQuery {
  const refuse = (what: string) =>
    new MillraceError('MR-1201', {
      message: `Google Ads, query ${name}: ${what}.`,
      kept: 'Nothing was read or changed.',
      next: 'SELECT fields FROM resource [WHERE conditions]; the dates are added by millrace.',
    })
  const clauses = splitClauses(text)
  const [select, from, where] = clauses
  if (select?.word !== 'SELECT') throw refuse('it does not begin with SELECT')
  if (from?.word !== 'FROM') throw refuse('it has no FROM')
  const rest = clauses.slice(where?.word === 'WHERE' ? 3 : 2)
  if (rest[0]) throw refuse(`${rest[0].word} is not taken here`)
  const fields = select.text.split(',').map((field) => field.trim())
  const bad = fields.find((field) => !/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(field))
  if (bad !== undefined) throw refuse(`“${bad}” is not a field`)
  if (!/^[a-z][a-z0-9_]*$/.test(from.text)) throw refuse(`“${from.text}” is not a resource`)
  const conditions = where?.word === 'WHERE' ? where.text : null
  if (conditions === '') throw refuse('its WHERE is empty')
  const fault = conditions === null ? null : faultOf(conditions)
  if (fault !== null) throw refuse(fault)
  return { fields, from: from.text, where: conditions }
}

/** Conditions of a sync are put before the dates, and refused where those of a query would be. */
export function checkWhere(stream: string, where: string | null): void {
  if (where === null) return
  const [clause] = splitClauses(where)
  const fault = clause ? `${clause.word} is not taken here` : faultOf(where)
  if (fault !== null)
    throw new MillraceError('MR-1201', {
      message: `Google Ads, stream ${stream}, where: ${fault}.`,
      kept: 'Nothing was read or changed.',
      next: "`where` holds conditions alone, such as  campaign.status = 'ENABLED'; the dates are added by millrace.",
    })
}

function faultOf(conditions: string): string | null {
  // It would take what is put behind it into the text.
  if (/['"]/.test(conditions.replace(strings, ''))) return 'a text in it has no end'
  // Days that they leave out would count as read whole, and lose what is stored of them.
  if (/\bsegments\.(date|week|month|quarter|year)\b/i.test(outsideStrings(conditions)))
    return 'it has a condition on dates'
  return null
}

export type QueryParts = {
  readonly fields: readonly string[]
  readonly from: string
  readonly conditions: readonly (string | null | undefined)[]
  readonly limit?: number | null
}

export function writeQuery({ fields, from, conditions, limit = null }: QueryParts): string {
  const given = conditions.filter((condition) => typeof condition === 'string' && condition.trim() !== '')
  return [
    `SELECT ${fields.join(', ')} FROM ${from}`,
    ...(given.length > 0 ? [`WHERE ${given.join(' AND ')}`] : []),
    ...(limit === null ? [] : [`LIMIT ${limit}`]),
  ].join(' ')
}

type Clause = { readonly word: string; readonly text: string }

/** Keywords count only outside of strings. */
function splitClauses(text: string): readonly Clause[] {
  const words = [...outsideStrings(text).matchAll(/\b(SELECT|FROM|WHERE|ORDER\s+BY|LIMIT|PARAMETERS)\b/gi)]
  return words.map((match, index) => ({
    word: match[0].toUpperCase().replace(/\s+/, ' '),
    text: text
      .slice(match.index + match[0].length, words[index + 1]?.index ?? text.length)
      .trim()
      .replaceAll(/\s*\n\s*/g, ' '),
  }))
}

/** The fields that conditions are on. */
export const fieldsIn = (conditions: string): readonly string[] => [
  ...new Set(
    [...outsideStrings(conditions).matchAll(/\b[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+/g)].map(([field]) => field),
  ),
]

/** The same length, with what stands in strings blanked. */
const outsideStrings = (text: string) => text.replace(strings, (string) => `'${'_'.repeat(string.length - 2)}'`)

const strings = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/gs
