/** Lists of cells as they leave DuckDB. */
import type { Database } from '../../duckdb/open-database.ts'
import { quoteName, quoteText } from '../../duckdb/sql-text.ts'
import { orderedBy, type ListOrder, type ListQuery, type ListRow } from '../sql/engine.ts'
import { duckdbDialect } from './dialect.ts'

/** A list is one JSON text: a cell of its own for each would cost more than the diff. */
export async function* streamLists(
  db: Database,
  { cells, lists, rest, order }: ListQuery,
): AsyncIterable<readonly ListRow[]> {
  const columns = [
    ...cells.map(([name, sql]) => `${sql} AS ${quoteName(name)}`),
    ...lists.map(
      ([name, when, list]) =>
        `CASE WHEN ${when} THEN ${duckdbDialect.textList(list.map(({ sql, type }) => duckdbDialect.asText(sql, type)))} END AS ${quoteName(`#${name}`)}`,
    ),
  ]
  for (const page of order === undefined ? [''] : await pagesOf(db, order))
    for await (const chunk of db.stream(`SELECT ${columns.join(', ')} ${rest}${page}${orderedBy(order)}`))
      yield chunk.map((row) => ({
        cells: row,
        lists: Object.fromEntries(
          lists.map(([name]) => {
            const json = row[`#${name}`]
            return [name, json === null || json === undefined ? null : (JSON.parse(json) as (string | null)[])] // made above
          }),
        ),
      }))
}

/**
 * DuckDB works on 2,048 rows at once, makes each list of them several times over, and sorts them as they are: with long rows
 * that is more memory than it has. They are read by ranges of their keys, a few at a time.
 *
 * @returns a condition for each page, to be added to a WHERE
 */
async function pagesOf(db: Database, { first, key, of, long, rows }: ListOrder): Promise<readonly string[]> {
  const texts = long.filter(({ type }) => type === 'string' || type === 'json' || type === 'binary')
  if (rows <= 1 || texts.length === 0) return ['']
  const bytes = texts.map(({ sql, type }) => `coalesce(strlen(${duckdbDialect.asText(sql, type)}), 0)`).join(' + ')
  const [size] = await db.rows(`SELECT sum(${bytes}) AS whole, max(${bytes}) AS longest ${of}`)
  if (Number(size?.['whole'] ?? 0) <= pageBytes || Number(size?.['longest'] ?? 0) <= shortRow) return ['']
  const pages = await db.rows(
    `SELECT first, min(key) AS "from", max(key) AS "to" FROM (SELECT first, key, sum(bytes) OVER (ORDER BY first DESC, key ROWS UNBOUNDED PRECEDING) // ${pageBytes} AS page ` +
      `FROM (SELECT ${first} AS first, ${key} AS key, ${bytes} AS bytes ${of})) GROUP BY page, first ORDER BY page, first DESC`,
  )
  return pages.map(
    ({ first: isFirst, from, to }) =>
      ` AND ${first} = ${isFirst ?? 'false'} AND ${key} BETWEEN ${quoteText(from ?? '')} AND ${quoteText(to ?? '')}`,
  )
}

/** 2,048 of them are no more than DuckDB has room for. */
const shortRow = 2048
const pageBytes = 16 << 20
