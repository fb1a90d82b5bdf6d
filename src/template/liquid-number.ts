import type * as Liquidjs from 'liquidjs'
import { compareDecimals, parseDecimal } from '../model/exact-decimal.ts'

/**
 * A number as Liquid sees it: JavaScript's own where that says the same digits, else an object that prints its digits and
 * compares by value. (liquidjs would compare two texts letter by letter.)
 */
export function liquidNumber({ Drop }: typeof Liquidjs): (text: string) => unknown {
  class LiquidNumber extends Drop {
    readonly #text: string

    constructor(text: string) {
      super()
      this.#text = text
    }

    override valueOf() {
      return this.#text
    }

    /** In a list that is joined. */
    override toString() {
      return this.#text
    }

    toJSON() {
      return rawJson(this.#text)
    }

    equals = (other: unknown) => this.#compare(other) === 0
    gt = (other: unknown) => this.#compare(other) > 0
    geq = (other: unknown) => this.#compare(other) >= 0
    lt = (other: unknown) => this.#compare(other) < 0
    leq = (other: unknown) => this.#compare(other) <= 0

    /** NaN beside what is no number: then nothing holds. */
    #compare(other: unknown): number {
      const text = typeof other === 'string' || typeof other === 'number' || other instanceof LiquidNumber ? other : ''
      const [left, right] = [parseDecimal(this.#text), parseDecimal(String(text.valueOf()))]
      return left && right ? compareDecimals(left, right) : Number.NaN
    }
  }
  return (text) => (String(Number(text)) === text ? Number(text) : new LiquidNumber(text))
}

// V8 has it, TypeScript's library does not yet.
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }
