import { invalidIdentifier } from '../sql/snowflake-error.ts'
import type { Variable } from '../sql/statement.ts'

/** The names of a block: an inner block sees those of the outer ones, and may hide them. */
export type Scope = {
  readonly parent: Scope | null
  readonly variables: Map<string, Variable>
  readonly exceptions: Map<string, { readonly number: number; readonly message: string }>
}

export const createScope = (parent: Scope | null): Scope => ({ parent, variables: new Map(), exceptions: new Map() })

/** All that can be seen from here. */
export function visible(scope: Scope): ReadonlyMap<string, Variable> {
  const outer = scope.parent ? visible(scope.parent) : []
  return new Map([...outer, ...scope.variables])
}

/** @throws SnowflakeError where nothing of that name was declared */
export function assign(scope: Scope, name: string, value: string | null): void {
  for (let each: Scope | null = scope; each; each = each.parent) {
    const known = each.variables.get(name)
    if (!known) continue
    each.variables.set(name, { ...known, value })
    return
  }
  throw invalidIdentifier(name, { line: 1, position: 0 })
}

export function findException(
  scope: Scope,
  name: string,
): { readonly number: number; readonly message: string } | null {
  for (let each: Scope | null = scope; each; each = each.parent) {
    const known = each.exceptions.get(name)
    if (known) return known
  }
  return null
}
