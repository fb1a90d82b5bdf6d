/** A Snowflake expression as it is written, before names and types are known. */
import type { QueryNode } from './query-node.ts'
import type { TypeWords } from './data-type.ts'

export type Expression = ExpressionNode & { readonly start: number; readonly end: number }

export type Name = { readonly value: string; readonly quoted: boolean }

export type ExpressionNode =
  | { readonly kind: 'number' | 'string'; readonly text: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'column'; readonly parts: readonly Name[] }
  /** $1, t.$1 */
  | { readonly kind: 'positional'; readonly table: string | null; readonly index: number }
  | { readonly kind: 'session_variable' | 'variable'; readonly name: string }
  | { readonly kind: 'bind'; readonly index: number }
  | { readonly kind: 'default' }
  | Star
  | Call
  | { readonly kind: 'cast'; readonly value: Expression; readonly type: TypeWords; readonly isTry: boolean }
  | { readonly kind: 'unary'; readonly operator: 'NOT' | '-' | '+'; readonly value: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'between'
      readonly value: Expression
      readonly low: Expression
      readonly high: Expression
      readonly negated: boolean
    }
  | { readonly kind: 'in'; readonly value: Expression; readonly list: readonly Expression[]; readonly negated: boolean }
  | { readonly kind: 'in_query'; readonly value: Expression; readonly query: QueryNode; readonly negated: boolean }
  | {
      readonly kind: 'like'
      readonly operator: 'LIKE' | 'ILIKE' | 'RLIKE'
      readonly quantifier: 'ANY' | 'ALL' | null
      readonly value: Expression
      readonly patterns: readonly Expression[]
      readonly escape: Expression | null
      readonly negated: boolean
    }
  | {
      readonly kind: 'is'
      readonly value: Expression
      readonly what: 'NULL' | 'TRUE' | 'FALSE'
      readonly negated: boolean
    }
  | { readonly kind: 'distinct_from'; readonly left: Expression; readonly right: Expression; readonly negated: boolean }
  | {
      readonly kind: 'case'
      readonly operand: Expression | null
      readonly whens: readonly { readonly when: Expression; readonly result: Expression }[]
      readonly otherwise: Expression | null
    }
  | { readonly kind: 'query'; readonly query: QueryNode }
  | { readonly kind: 'exists'; readonly query: QueryNode }
  | { readonly kind: 'path'; readonly value: Expression; readonly keys: readonly (string | Expression)[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly { readonly key: string; readonly value: Expression }[] }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'interval'; readonly text: string }

export type Star = {
  readonly kind: 'star'
  readonly table: readonly Name[]
  readonly like: string | null
  readonly exclude: readonly Name[]
  readonly replace: readonly { readonly value: Expression; readonly name: Name }[]
  readonly rename: readonly { readonly from: Name; readonly to: Name }[]
}

export type Call = {
  readonly kind: 'call'
  readonly name: string
  /** DB.SCHEMA of a user's own function. */
  readonly path: readonly Name[]
  readonly args: readonly Expression[]
  readonly named: readonly { readonly name: string; readonly value: Expression }[]
  readonly distinct: boolean
  readonly withinGroup: readonly OrderItem[] | null
  readonly nulls: 'IGNORE' | 'RESPECT' | null
  readonly over: Window | null
}

export type OrderItem = {
  readonly value: Expression
  readonly descending: boolean
  readonly nulls: 'FIRST' | 'LAST' | null
}

export type Window = {
  readonly partition: readonly Expression[]
  readonly order: readonly OrderItem[]
  /** The frame's words as they are written, upper-case. */
  readonly frame: string | null
}
