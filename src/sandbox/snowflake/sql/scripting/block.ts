/**
 * A Snowflake Scripting block. Its expressions and statements stay Snowflake text: they are read when they are run, with
 * the block's variables in `SqlContext.variables` (`readExpression` and `readStatement`).
 * https://docs.snowflake.com/en/developer-guide/snowflake-scripting/index
 */
export type Block = {
  readonly declarations: readonly Declaration[]
  readonly body: readonly BlockStatement[]
  readonly handlers: readonly Handler[]
}

export type Declaration =
  | { readonly kind: 'variable'; readonly name: string; readonly type: string | null; readonly value: string | null }
  | { readonly kind: 'exception'; readonly name: string; readonly number: number; readonly message: string }

/** WHEN a OR b THEN …; the name OTHER takes everything, STATEMENT_ERROR and EXPRESSION_ERROR what Snowflake's words say. */
export type Handler = { readonly names: readonly string[]; readonly body: readonly BlockStatement[] }

export type BlockStatement =
  | { readonly kind: 'let'; readonly name: string; readonly type: string | null; readonly value: string | null }
  | { readonly kind: 'assign'; readonly name: string; readonly value: string }
  /** Any statement; of SELECT … INTO :a, :b the text is without INTO. BEGIN TRANSACTION, COMMIT and ROLLBACK too. */
  | { readonly kind: 'sql'; readonly text: string; readonly into: readonly string[] | null }
  /** EXECUTE IMMEDIATE of an expression that gives the text. */
  | { readonly kind: 'execute'; readonly expression: string }
  | {
      readonly kind: 'if'
      readonly branches: readonly { readonly condition: string; readonly body: readonly BlockStatement[] }[]
      readonly otherwise: readonly BlockStatement[]
    }
  | { readonly kind: 'while'; readonly condition: string; readonly body: readonly BlockStatement[] }
  | {
      readonly kind: 'for'
      readonly name: string
      readonly from: string
      readonly to: string
      readonly reverse: boolean
      readonly body: readonly BlockStatement[]
    }
  | { readonly kind: 'loop'; readonly body: readonly BlockStatement[] }
  | { readonly kind: 'break' | 'continue' | 'null' }
  /** Without a name: raises the handled exception again. */
  | { readonly kind: 'raise'; readonly name: string | null }
  | { readonly kind: 'return'; readonly value: string | null }
  | { readonly kind: 'block'; readonly block: Block }
