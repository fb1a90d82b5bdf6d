/** Which columns an expression can see. */
import { ambiguousColumn, invalidIdentifier, type Place } from './snowflake-error.ts'
import { typed, type Typed } from './typed.ts'
import type { DataType } from './data-type.ts'
import type { Name } from './expression.ts'
import type { ObjectName } from './statement.ts'

/** A translated query: its DuckDB columns have the names in `sql`, quoted. */
export type Relation = { readonly sql: string; readonly columns: readonly RelationColumn[] }
export type RelationColumn = { readonly name: string; readonly sql: string; readonly type: DataType }

/** What a query stands in: the WITH clauses, and the query around it. */
export type Environment = { readonly ctes: ReadonlyMap<string, Cte>; readonly parent: Scope | null }
export type Cte = { readonly sql: string; readonly columns: readonly RelationColumn[] }

export type ScopeRelation = {
  /** What `alias.column` may call it. */
  readonly alias: string | null
  readonly path: ObjectName | null
  readonly columns: readonly RelationColumn[]
  /** Of TABLE(GENERATOR()): the number of the row, from 0. */
  readonly sequence?: string
}

export type Scope = {
  readonly relations: readonly ScopeRelation[]
  /** Columns of USING and NATURAL: one for both sides. */
  readonly merged: readonly RelationColumn[]
  readonly environment: Environment
  /** The select list's own names; they count where no column has the name. */
  readonly aliasOf: (name: string) => Typed | null
}

export const emptyEnvironment: Environment = { ctes: new Map(), parent: null }

export const scopeOf = (
  relations: readonly ScopeRelation[],
  environment: Environment = emptyEnvironment,
  merged: Scope['merged'] = [],
): Scope => ({ relations, merged, environment, aliasOf: () => null })

export const emptyScope = (environment?: Environment): Scope => scopeOf([], environment)

export function resolveColumn(scope: Scope, parts: readonly Name[], place: Place): Typed {
  for (let level: Scope | null = scope; level !== null; level = level.environment.parent) {
    const found = findColumn(level, parts, place)
    if (found) return found
  }
  throw invalidIdentifier(parts.map(({ value, quoted }) => (quoted ? `"${value}"` : value)).join('.'), place)
}

export function findColumn(scope: Scope, parts: readonly Name[], place: Place): Typed | null {
  const name = parts.at(-1)?.value ?? ''
  if (parts.length === 1) {
    const merged = scope.merged.find((column) => column.name === name)
    if (merged) return typed(merged.sql, merged.type)
  }
  const candidates = scope.relations
    .filter((relation) => parts.length === 1 || isCalled(relation, parts.slice(0, -1)))
    .flatMap((relation) => columnsByName(relation).get(name) ?? [])
  if (candidates.length > 1) throw ambiguousColumn(name, place)
  const [column] = candidates
  if (column) return typed(column.sql, column.type)
  return parts.length === 1 ? scope.aliasOf(name) : null
}

export function isCalled(relation: ScopeRelation, path: readonly Name[]): boolean {
  const [last, ...outer] = path.map(({ value }) => value).toReversed()
  if (relation.alias !== null) return outer.length === 0 && relation.alias === last
  if (relation.path === null) return false
  const { database, schema, name } = relation.path
  return (
    last === name &&
    (outer[0] === undefined || outer[0] === schema) &&
    (outer[1] === undefined || outer[1] === database)
  )
}

function columnsByName(relation: ScopeRelation): ReadonlyMap<string, readonly RelationColumn[]> {
  const known = byName.get(relation)
  if (known) return known
  const map = new Map<string, RelationColumn[]>()
  for (const column of relation.columns) {
    const list = map.get(column.name)
    if (list) list.push(column)
    else map.set(column.name, [column])
  }
  byName.set(relation, map)
  return map
}

const byName = new WeakMap<ScopeRelation, ReadonlyMap<string, readonly RelationColumn[]>>()
