/** A Snowflake query as it is written, before names and types are known. */
import type { Expression, Name, OrderItem } from './expression.ts'

export type QueryNode = {
  readonly ctes: readonly Cte[]
  readonly body: SetNode
  readonly order: readonly OrderItem[]
  readonly orderAll: { readonly descending: boolean; readonly nulls: 'FIRST' | 'LAST' | null } | null
  readonly limit: Expression | null
  readonly offset: Expression | null
}

export type Cte = {
  readonly name: string
  readonly columns: readonly string[] | null
  readonly query: QueryNode
  readonly recursive: boolean
}

export type SetNode =
  | Select
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[] }
  | { readonly kind: 'nested'; readonly query: QueryNode }
  | {
      readonly kind: 'set'
      readonly operator: 'UNION' | 'UNION ALL' | 'INTERSECT' | 'EXCEPT'
      readonly left: SetNode
      readonly right: SetNode
      readonly start: number
    }

export type Select = {
  readonly kind: 'select'
  readonly distinct: boolean
  readonly top: number | null
  readonly items: readonly SelectItem[]
  readonly from: FromNode | null
  readonly where: Expression | null
  readonly group: GroupBy | null
  readonly having: Expression | null
  readonly qualify: Expression | null
  readonly start: number
}

export type SelectItem = {
  readonly value: Expression
  readonly alias: string | null
  /** What Snowflake calls a column without an alias. */
  readonly text: string
}

export type GroupBy =
  | { readonly kind: 'all' }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | {
      readonly kind: 'sets'
      readonly word: 'ROLLUP' | 'CUBE' | 'GROUPING SETS'
      readonly sets: readonly (readonly Expression[])[]
    }

export type FromNode =
  | { readonly kind: 'table'; readonly name: readonly Name[]; readonly alias: Alias | null; readonly start: number }
  | { readonly kind: 'subquery'; readonly query: QueryNode; readonly alias: Alias | null; readonly lateral: boolean }
  | {
      readonly kind: 'function'
      readonly name: string
      readonly path: readonly Name[]
      readonly args: readonly Expression[]
      readonly named: readonly { readonly name: string; readonly value: Expression }[]
      readonly alias: Alias | null
      readonly start: number
    }
  | {
      readonly kind: 'join'
      readonly join: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS'
      readonly natural: boolean
      readonly left: FromNode
      readonly right: FromNode
      readonly on: Expression | null
      readonly using: readonly Name[] | null
    }

export type Alias = { readonly name: string; readonly columns: readonly string[] | null }
