/** `*` and `t.*`, with ILIKE, EXCLUDE, REPLACE and RENAME. */
import { errorAt, invalidIdentifier, objectMissing, type Place } from './snowflake-error.ts'
import { likePattern } from './like-pattern.ts'
import { isCalled, type RelationColumn, type Scope } from './scope.ts'
import { typed, type Typed } from './typed.ts'
import type { Star } from './expression.ts'
import type { Translation } from './translation.ts'

export function expandStar(
  t: Translation,
  star: Star,
  scope: Scope,
  place: Place,
): readonly { name: string; value: Typed }[] {
  let columns = starColumns(star, scope, place)
  if (star.like !== null) {
    const pattern = likePattern(star.like)
    columns = columns.filter(({ name }) => pattern.test(name))
  }
  for (const { value } of star.exclude)
    if (!columns.some(({ name }) => name === value)) throw invalidIdentifier(value, place)
  const excluded = new Set(star.exclude.map(({ value }) => value))
  const kept = columns.filter(({ name }) => !excluded.has(name))
  for (const { name } of star.replace)
    if (!kept.some((column) => column.name === name.value)) throw invalidIdentifier(name.value, place)
  for (const { from } of star.rename)
    if (!kept.some((column) => column.name === from.value)) throw invalidIdentifier(from.value, place)
  return kept.map((column) => {
    const replacement = star.replace.find(({ name }) => name.value === column.name)
    const to = star.rename.find(({ from }) => from.value === column.name)?.to.value
    return {
      name: to ?? column.name,
      value: replacement ? t.expression(replacement.value, scope) : typed(column.sql, column.type),
    }
  })
}

function starColumns(star: Star, scope: Scope, place: Place): readonly RelationColumn[] {
  if (star.table.length > 0) {
    for (let level: Scope | null = scope; level !== null; level = level.environment.parent) {
      const relation = level.relations.find((candidate) => isCalled(candidate, star.table))
      if (relation) return visible(relation.columns)
    }
    throw objectMissing(star.table.map(({ value }) => value).join('.'))
  }
  if (scope.relations.length === 0) throw errorAt('002078', '42601', place, 'SELECT with no columns')
  const merged = new Set(scope.merged.map(({ name }) => name))
  return [
    ...scope.merged,
    ...scope.relations.flatMap(({ columns }) => visible(columns).filter(({ name }) => !merged.has(name))),
  ]
}

/** A staged file's own columns are not in its *. */
const visible = (columns: readonly RelationColumn[]) => columns.filter(({ name }) => !name.startsWith('$1:'))
