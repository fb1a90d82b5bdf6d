/** One statement on its way to DuckDB: where it is read, what it read so far, and the rules that lead back to one another. */
import type { Environment, Relation, Scope } from './scope.ts'
import type { Expression } from './expression.ts'
import type { ObjectName, SqlContext } from './statement.ts'
import type { Place } from './snowflake-error.ts'
import type { QueryNode } from './query-node.ts'
import type { Typed } from './typed.ts'

export type Rules = {
  readonly expression: (t: Translation, expression: Expression, scope: Scope) => Typed
  readonly query: (t: Translation, query: QueryNode, environment: Environment) => Relation
}

export class Translation {
  readonly context: SqlContext
  readonly sql: string
  readonly #rules: Rules
  readonly #reads = new Map<string, ObjectName>()
  #aliases = 0
  #lineStarts: readonly number[] | null = null

  constructor(context: SqlContext, sql: string, rules: Rules) {
    this.context = context
    this.sql = sql
    this.#rules = rules
  }

  expression(expression: Expression, scope: Scope): Typed {
    return this.#rules.expression(this, expression, scope)
  }

  query(query: QueryNode, environment: Environment): Relation {
    return this.#rules.query(this, query, environment)
  }

  place(offset: number): Place {
    this.#lineStarts ??= [0, ...this.sql.matchAll(/\n/g).map(({ index }) => index + 1)]
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, position: offset - (this.#lineStarts[low] ?? 0) }
  }

  /** A name that no other part of the statement has. */
  alias(): string {
    this.#aliases++
    return `r${this.#aliases}`
  }

  addRead(name: ObjectName): void {
    this.#reads.set(JSON.stringify([name.database, name.schema, name.name]), name)
  }

  get reads(): readonly ObjectName[] {
    return [...this.#reads.values()]
  }

  text(expression: { readonly start: number; readonly end: number }): string {
    return this.sql.slice(expression.start, expression.end)
  }
}
