import type { Scan } from 'millrace'

/** Where a page begins: after this row, in the order of cursor and Id. */
export type Keyset = { readonly cursor: string | null; readonly id: string }

export type Source = { readonly object: string; readonly cursor: string | undefined; readonly hasCreatedDate: boolean }

/**
 * One page: rows of the window after the keyset, in the order of cursor and Id, so that equal stamps at a page's edge are
 * neither lost nor read for ever, and any page can be asked for again.
 */
export function pageQuery(
  source: Source,
  scan: Scan,
  { after, rows }: { readonly after: Keyset | null; readonly rows: number },
): string {
  const { cursor } = source
  const order = cursor === undefined ? 'Id' : `${cursor}, Id`
  const conditions = [...windowOf(source, scan), ...(after ? [afterKeyset(source, after)] : [])]
  return `SELECT ${selected(scan).join(', ')} FROM ${source.object}${where(conditions)} ORDER BY ${order} LIMIT ${rows}`
}

/** How many rows the whole window has. */
export const countQuery = (source: Source, scan: Scan): string =>
  `SELECT COUNT() FROM ${source.object}${where(windowOf(source, scan))}`

const selected = (scan: Scan): readonly string[] => [...new Set(['Id', ...scan.fields])]

const where = (conditions: readonly string[]) => (conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`)

function windowOf({ cursor, hasCreatedDate }: Source, scan: Scan): readonly string[] {
  return [
    ...(cursor !== undefined && scan.from !== null ? [`${cursor} >= ${instant(scan.from)}`] : []),
    ...(cursor !== undefined ? [`${cursor} < ${instant(scan.to)}`] : []),
    ...(hasCreatedDate && scan.start !== null ? [`CreatedDate >= ${instant(scan.start)}`] : []),
    ...(scan.where === null ? [] : [`(${scan.where})`]),
  ]
}

function afterKeyset({ cursor }: Source, { cursor: value, id }: Keyset): string {
  if (cursor === undefined || value === null) return `Id > '${id}'`
  return `(${cursor} > ${instant(value)} OR (${cursor} = ${instant(value)} AND Id > '${id}'))`
}

/** Unquoted, UTC. https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm */
export const instant = (text: string): string => new Date(text).toISOString()

/** A text in quotes. https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm */
export const quoted = (text: string): string =>
  `'${text
    .replace(/[\\'"]/g, (character) => `\\${character}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')}'`
