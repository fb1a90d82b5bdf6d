/**
 * Snowflake's names in DuckDB. Snowflake keeps the case of a name and tells "a" from "A"; DuckDB keeps it, and does not
 * tell them apart. A name with lower-case letters gets a suffix that says which letters they are: two names are the same
 * for DuckDB only if they are the same for Snowflake.
 */
import { quoteName } from '../../../duckdb/sql-text.ts'
import type { ObjectName } from './statement.ts'

export function encodeName(name: string): string {
  if (!/[a-z\u2062\u2063]/.test(name)) return name
  let mask = ''
  for (let start = 0; start < name.length; start += 4) {
    let digit = 0
    for (let bit = 0; bit < 4; bit++) if (/[a-z]/.test(name[start + bit] ?? '')) digit |= 1 << bit
    mask += digit.toString(16).toUpperCase()
  }
  return `${name}${mark}${mask}`
}

export function decodeName(encodedName: string): string {
  const name = encodedName.replace(/\u2062\d+$/, '')
  const end = name.lastIndexOf(mark)
  return end === -1 ? name : name.slice(0, end)
}

/** Names for the columns of one relation: Snowflake lets two have the same, DuckDB's subqueries do not. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>()
  return names.map((name) => {
    const base = encodeName(name)
    const key = base.toUpperCase()
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return quoteName(count === 1 ? base : `${base}\u2062${count}`)
  })
}

/** The same for every name in a message. */
export const decodeNames = (text: string): string => text.replace(/\u2062\d+|\u2063[0-9A-F]*/g, '')

/** A name as it stands in a DuckDB statement. */
export const encoded = (name: string): string => quoteName(encodeName(name))

/** One DuckDB file holds all databases: a schema there is called `DATABASE.SCHEMA`. */
export const schemaSql = (database: string, schema: string): string =>
  quoteName(encodeName(`${escapeDot(database)}.${escapeDot(schema)}`))

/** Temporary tables live in DuckDB's own schema for them, under their whole name. */
export const relationSql = ({ database, schema, name }: ObjectName, isTemporary = false): string =>
  isTemporary
    ? `temp.main.${quoteName(encodeName([database ?? '', schema ?? '', name].map(escapeDot).join('.')))}`
    : `${schemaSql(database ?? '', schema ?? '')}.${encoded(name)}`

/** The parts of a schema's or a temporary table's name in DuckDB. */
export const splitEncoded = (name: string): readonly string[] =>
  decodeName(name)
    .split(/(?<!\u2064)\./)
    .map((part) => part.replaceAll('\u2064.', '.'))

/** As Snowflake writes it in messages: `DB.SCHEMA.NAME`, quoted where it has to be. */
export const shownName = (name: ObjectName): string =>
  [name.database, name.schema, name.name]
    .filter((part) => part !== null)
    .map(shownPart)
    .join('.')

export const shownPart = (part: string): string =>
  /^[A-Z_][A-Z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`

const escapeDot = (part: string): string => part.replaceAll('.', '\u2064.')

const mark = '\u2063'
