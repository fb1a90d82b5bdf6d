/** FROM: tables, subqueries and joins, each under a name that nothing else in the statement has. */
import { catalogueViews } from './catalogue-views.ts'
import { checkView } from './check-view.ts'
import { completeName, knownColumns, storedSql } from './object-name.ts'
import { condition } from './unify.ts'
import { distinctNames } from './names.ts'
import { compilationError, invalidIdentifier } from './snowflake-error.ts'
import { quoteText } from '../../../duckdb/sql-text.ts'
import { columnsOf } from './session-columns.ts'
import { translateTableFunction } from './translate-table-function.ts'
import type { Alias, FromNode } from './query-node.ts'
import type { ObjectName } from './statement.ts'
import { scopeOf, type Environment, type RelationColumn, type ScopeRelation } from './scope.ts'
import type { Name } from './expression.ts'
import type { Translation } from './translation.ts'

export type From = {
  readonly sql: string
  readonly relations: readonly ScopeRelation[]
  readonly merged: readonly RelationColumn[]
}

/** `before`: what stands to the left, which LATERAL sees. */
export function translateFrom(
  t: Translation,
  node: FromNode,
  environment: Environment,
  before: readonly ScopeRelation[],
): From {
  switch (node.kind) {
    case 'table':
      return fromTable(t, node, environment)
    case 'subquery': {
      const parent = node.lateral ? scopeOf(before, environment) : environment.parent
      const relation = t.query(node.query, { ctes: environment.ctes, parent })
      return named(t, `${node.lateral ? 'LATERAL ' : ''}(${relation.sql})`, relation.columns, node.alias, null)
    }
    case 'function': {
      const scope = scopeOf(before, environment)
      const { sql, columns, sequence } = translateTableFunction(t, node, scope)
      return named(t, sql, columns, node.alias, null, sequence)
    }
    default:
      return fromJoin(t, node, environment, before)
  }
}

function fromTable(t: Translation, node: Extract<FromNode, { kind: 'table' }>, environment: Environment): From {
  const [first] = node.name
  const cte = node.name.length === 1 && first ? environment.ctes.get(first.value) : undefined
  const alias = node.alias ?? { name: node.name.at(-1)?.value ?? '', columns: null }
  if (cte) return named(t, cte.sql, cte.columns, alias, null)
  if (node.name.length === 1 && first?.value === 'DUAL') return named(t, '(SELECT 1)', [], alias, null)
  const name = completeName(t.context, node.name)
  const { sql, columns } = findTable(t, name, node)
  return named(t, sql, columns, node.alias, name)
}

export function findTable(
  t: Translation,
  name: ObjectName,
  { name: written, start }: { readonly name: readonly Name[]; readonly start: number },
): { sql: string; columns: readonly RelationColumn[] } {
  const view = name.schema === 'INFORMATION_SCHEMA' ? catalogueViews.get(name.name) : undefined
  if (view)
    return {
      sql: `(SELECT * FROM ${view.sql} WHERE ${view.database} = ${quoteText(name.database ?? '')}${withoutHidden(t, name)})`,
      columns: columnsOf(view.columns),
    }
  const own =
    isCatalogue(name) && t.context.columnsOf(name) === null
      ? t.context.tableFunction?.([name.database, name.schema, name.name].join('.'), [], {})
      : null
  if (own) return { sql: `(${own.sql})`, columns: columnsOf(own.columns) }
  const columns = knownColumns(t.context, name, written)
  const now = t.context.viewColumns?.(name)
  if (now) checkView(name, { declared: columns, now, place: t.place(start) })
  t.addRead(name)
  return { sql: storedSql(t.context, name), columns: columnsOf(columns) }
}

/** Of a view of INFORMATION_SCHEMA: without the rows of what the role has no right on. */
function withoutHidden({ context }: Translation, { database, name }: ObjectName): string {
  const ofSchemas = name === 'SCHEMATA'
  const hidden = (context.hidden?.(database ?? '') ?? []).filter(({ schema }) => (schema === null) === ofSchemas)
  if (hidden.length === 0) return ''
  const rows = hidden.map(
    (one) => `(${[...(one.schema === null ? [] : [one.schema]), one.name].map(quoteText).join(', ')})`,
  )
  return ` AND (${ofSchemas ? 'SCHEMA_NAME' : 'TABLE_SCHEMA, TABLE_NAME'}) NOT IN (${rows.join(', ')})`
}

const isCatalogue = (name: ObjectName) => name.schema === 'INFORMATION_SCHEMA' || name.database === 'SNOWFLAKE'

function named(
  t: Translation,
  sql: string,
  columns: readonly RelationColumn[],
  alias: Alias | null,
  path: ObjectName | null,
  sequence?: string,
): From {
  const own = t.alias()
  const names = alias?.columns ?? null
  if (names !== null && names.length > columns.length)
    throw compilationError(
      '002020',
      '21S01',
      `Invalid number of columns in the alias ${alias?.name ?? ''}, expected at most ${columns.length}, got ${names.length}`,
    )
  const sqlNames =
    names === null
      ? columns.map((column) => column.sql)
      : distinctNames(columns.map((column, index) => names[index] ?? column.name))
  const list = names === null ? '' : `(${sqlNames.join(', ')})`
  const relation: ScopeRelation = {
    alias: alias?.name ?? null,
    path,
    columns: columns.map((column, index) => ({
      name: names?.[index] ?? column.name,
      sql: `${own}.${sqlNames[index]}`,
      type: column.type,
    })),
    ...(sequence === undefined ? {} : { sequence: `${own}.${sequence}` }),
  }
  return { sql: `${sql} AS ${own}${list}`, relations: [relation], merged: [] }
}

function fromJoin(
  t: Translation,
  node: Extract<FromNode, { kind: 'join' }>,
  environment: Environment,
  before: readonly ScopeRelation[],
): From {
  const left = translateFrom(t, node.left, environment, before)
  const right = translateFrom(t, node.right, environment, [...before, ...left.relations])
  const relations = [...left.relations, ...right.relations]
  const using = node.natural ? sharedNames(left, right) : node.using
  const isNested = node.right.kind === 'join'
  const rightSql = isNested ? `(${right.sql})` : right.sql
  if (using !== null && using.length > 0) {
    const pairs = using.map(({ value }) => ({ value, a: sideColumn(left, value), b: sideColumn(right, value) }))
    const on = pairs.map(({ a, b }) => `${a.sql} = ${b.sql}`).join(' AND ')
    const merged = pairs.map(({ value, a, b }) => ({
      name: value,
      sql: node.join === 'FULL' ? `coalesce(${a.sql}, ${b.sql})` : node.join === 'RIGHT' ? b.sql : a.sql,
      type: a.type,
    }))
    const others = [...left.merged, ...right.merged].filter(
      ({ name }) => !merged.some((column) => column.name === name),
    )
    return { sql: `${left.sql} ${node.join} JOIN ${rightSql} ON ${on}`, relations, merged: [...merged, ...others] }
  }
  const merged = [...left.merged, ...right.merged]
  if (node.on === null) {
    const sql =
      node.join === 'INNER' || node.join === 'CROSS'
        ? `CROSS JOIN ${rightSql}`
        : `${node.join} JOIN ${rightSql} ON TRUE`
    return { sql: `${left.sql} ${sql}`, relations, merged }
  }
  const scope = scopeOf(relations, environment, merged)
  return { sql: `${left.sql} ${node.join} JOIN ${rightSql} ON ${condition(t, node.on, scope)}`, relations, merged }
}

function sideColumn({ merged, relations }: From, name: string): RelationColumn {
  const columns = [...merged, ...relations.flatMap((relation) => relation.columns)]
  const column = columns.find((candidate) => candidate.name === name)
  if (!column) throw invalidIdentifier(name, { line: 1, position: 0 })
  return column
}

function sharedNames(left: From, right: From): readonly Name[] {
  const own = new Set(right.relations.flatMap(({ columns }) => columns.map(({ name }) => name)))
  const names = left.relations.flatMap(({ columns }) => columns.map(({ name }) => name)).filter((name) => own.has(name))
  return [...new Set(names)].map((value) => ({ value, quoted: true }))
}
