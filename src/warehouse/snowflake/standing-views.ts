/**
 * Which views stand as they are wanted. A view keeps the columns of the day on which it was made, with the names and types of
 * that day, and is refused once its tables have others: then it is made again, with the same text.
 * https://docs.snowflake.com/en/sql-reference/sql/create-view#usage-notes
 */
import { viewsIn, type Relation, type Rows } from './introspect.ts'

export type StandingViews = {
  readonly isCurrent: (view: Relation, sql: string) => Promise<boolean>
  /** A view was made with this text. */
  readonly made: (view: Relation, sql: string) => void
  /** A table has other columns than before. */
  readonly changed: (table: Relation) => void
}

export function standingViews(rows: Rows): StandingViews {
  /** `changed`: what it names and what was changed after it was made, as far as `log` had come at `seen`. */
  const schemas = new Map<
    string,
    Map<string, { readonly definition: string; readonly changed: readonly Relation[]; readonly seen: number }>
  >()
  // What this session has changed, in order: the statement that lists the views is not asked again.
  const log: Relation[] = []
  const viewsOf = async (schema: string) => {
    const known = schemas.get(schema)
    if (known) return known
    const found = await viewsIn(rows, schema)
    const views = new Map([...found].map(([name, view]) => [name, { ...view, seen: log.length }]))
    schemas.set(schema, views)
    return views
  }
  return {
    isCurrent: async (view, sql) => {
      const standing = (await viewsOf(view.schema)).get(view.name)
      if (selectsAll(sql) || !standing?.definition.trim().endsWith(` AS ${sql.trim()}`)) return false
      return ![...standing.changed, ...log.slice(standing.seen)].some((relation) => names(sql, relation))
    },
    made: (view, sql) => {
      log.push(view)
      schemas.get(view.schema)?.set(view.name, { definition: ` AS ${sql}`, changed: [], seen: log.length })
    },
    changed: (table) => void log.push(table),
  }
}

/** Of a view with a star the day's columns stand in no text that could be compared. */
const selectsAll = (sql: string): boolean => /(\bselect|\bdistinct|\ball|,|\.)\s*\*/i.test(sql)

/** Also without quotes, and in another case: to make a view once more than needed does no harm. */
function names(sql: string, { schema, name }: Relation): boolean {
  const [first, second] = [schema, name].map((part) => RegExp.escape(part.replaceAll('"', '')))
  return new RegExp(`(?<![\\w$])${first}\\s*\\.\\s*${second}(?![\\w$])`, 'i').test(sql.replaceAll('"', ''))
}
