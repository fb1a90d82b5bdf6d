/** Where the reader stands in a statement. Every rule of the grammar takes one and moves it on. */
import { placeOf, type Token, tokenize } from './tokenize.ts'
import { type Place, type SnowflakeError, syntaxError } from './snowflake-error.ts'
import type { Expression } from './expression.ts'
import type { QueryNode } from './query-node.ts'

/** The rules that all others lead back to; here, so that the files of the grammar need not import one another in rings. */
export type Grammar = {
  readonly expression: (reader: TokenReader) => Expression
  readonly query: (reader: TokenReader) => QueryNode
}

export class TokenReader {
  readonly sql: string
  readonly #grammar: Grammar
  readonly #tokens: readonly Token[]
  #index = 0
  /** How many `?` were read. */
  #binds = 0

  constructor(sql: string, grammar: Grammar) {
    this.sql = sql
    this.#grammar = grammar
    this.#tokens = tokenize(sql)
  }

  readExpression(): Expression {
    return this.#grammar.expression(this)
  }

  /** An expression, as it is written. */
  expressionText(): string {
    const { start } = this.token
    this.readExpression()
    return this.text(start, this.previousEnd)
  }

  readQuery(): QueryNode {
    return this.#grammar.query(this)
  }

  get token(): Token {
    return this.ahead(0)
  }

  ahead(count: number): Token {
    return this.#tokens[this.#index + count] ?? this.#last()
  }

  #last(): Token {
    return this.#tokens.at(-1) ?? { kind: 'end', value: '<EOF>', start: 0, end: 0 }
  }

  get previousEnd(): number {
    return this.#tokens[this.#index - 1]?.end ?? 0
  }

  next(): Token {
    const token = this.token
    if (this.#index < this.#tokens.length - 1) this.#index++
    return token
  }

  nextBind(): number {
    return this.#binds++
  }

  isWord(...words: readonly string[]): boolean {
    return words.every((word, index) => this.ahead(index).kind === 'word' && this.ahead(index).value === word)
  }

  isAnyWord(words: ReadonlySet<string>): boolean {
    return this.token.kind === 'word' && words.has(this.token.value)
  }

  takeWord(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false
    this.#index += words.length
    return true
  }

  expectWord(...words: readonly string[]): void {
    for (const word of words) if (!this.takeWord(word)) throw this.unexpected()
  }

  isSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.value === symbol
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.next()
    return true
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected()
  }

  expectString(): string {
    if (this.token.kind !== 'string') throw this.unexpected()
    return this.next().value
  }

  expectInteger(): number {
    if (this.token.kind !== 'number' || !/^\d+$/.test(this.token.value)) throw this.unexpected()
    return Number(this.next().value)
  }

  get atEnd(): boolean {
    return this.token.kind === 'end'
  }

  expectEnd(): void {
    this.takeSymbol(';')
    if (!this.atEnd) throw this.unexpected()
  }

  text(start: number, end: number): string {
    return this.sql.slice(start, end)
  }

  place(offset: number): Place {
    return placeOf(this.sql, offset)
  }

  unexpected(token: Token = this.token): SnowflakeError {
    const text = token.kind === 'end' ? '<EOF>' : this.sql.slice(token.start, token.end)
    return syntaxError(this.place(token.start), text)
  }

  /** Items with commas between them. */
  list<T>(read: () => T): readonly T[] {
    const items = [read()]
    while (this.takeSymbol(',')) items.push(read())
    return items
  }

  /** The same, in parentheses. */
  listInParentheses<T>(read: () => T): readonly T[] {
    this.expectSymbol('(')
    const items = this.list(read)
    this.expectSymbol(')')
    return items
  }
}
