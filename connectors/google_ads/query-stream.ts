import { MillraceError } from 'millrace'
import { parseQuery } from './gaql.ts'
import { gaqlName, keptClickDays, keptDays, type AdsStream } from './streams.ts'

/**
 * Streams of a user's own queries. With a metric or a segment in it a query is a report: `segments.date` is added to it,
 * and it is read in windows of days. A row is identified by the resource in FROM and by the segments (and by what else splits
 * rows, which the vendor's metadata says: split-rows.ts).
 */
export function reportsOfQueries(
  queries: { readonly [name: string]: string },
  builtIn: readonly AdsStream[],
): readonly AdsStream[] {
  return Object.entries(queries).map(([name, text]) => {
    if (name === gaqlName || builtIn.some((stream) => stream.name === name))
      throw new MillraceError('MR-1201', {
        message: `Google Ads, queries: there is a stream ${name} already.`,
        next: 'Give the query another name.',
      })
    return makeQueryStream(name, text)
  })
}

export function makeQueryStream(name: string, text: string): AdsStream {
  const { fields: selected, from, where } = parseQuery(name, text)
  const isReport = selected.some((field) => /^(metrics|segments)\./.test(field))
  const id = `${from}.resource_name`
  const fields = [...new Set(['customer.id', id, ...(isReport ? ['segments.date'] : []), ...selected])]
  const isDaily = from === 'click_view'
  return {
    name,
    from,
    key: [id, ...fields.filter((field) => field.startsWith('segments.'))],
    fields,
    isOwn: true,
    ...(where !== null && { where }),
    ...(isReport && {
      report: { windowDays: 30, daysPerQuery: isDaily ? 1 : 7, isDaily, keptDays: isDaily ? keptClickDays : keptDays },
    }),
  }
}
