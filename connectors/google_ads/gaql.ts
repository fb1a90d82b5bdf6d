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
  if (conditions !== null && /\bsegments\.(date|week|month|quarter|year)\b/i.test(outsideStrings(conditions)))
    throw refuse('it has a condition on dates')
  return { fields, from: from.text, where: conditions }
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

/** The same length, with what stands in strings blanked. */
const outsideStrings = (text: string) =>
  text.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/gs, (string) => `'${'_'.repeat(string.length - 2)}'`)
