/**
 * What the members of a definition may be. Plain JavaScript is not checked against types, and a slip would be read as something else: an
 * `optout` as no opt-out, a paging of another kind as one page.
 */
import { types } from 'node:util'
import { didYouMean } from '../model/did-you-mean.ts'
import { textOf } from './text-of.ts'

/** What is wrong with the value at this place (`list.page`, or `''` for the whole), as a clause; null: nothing. */
export type Form = (value: unknown, at: string) => string | null

/** A flaw at the end of a sentence. */
export const ended = (flaw: string): string => (flaw.endsWith('?') ? flaw : `${flaw}.`)

/** A member that a type has and its table lacks does not compile. */
export type FormsOf<Type> = { readonly [Member in keyof Required<Type>]: Form }

/** @param what goes on from "which is no" */
export const is =
  (what: string, test: (value: unknown) => boolean): Form =>
  (value, at) =>
    test(value) ? null : notThat(value, at, `no ${what}`)

export const text = is('text', (value) => typeof value === 'string')
export const yesOrNo = is('boolean', (value) => typeof value === 'boolean')
export const anything: Form = () => null
export const call = is('function', (value) => typeof value === 'function')
export const milliseconds = is('number of milliseconds', (value) => Number.isFinite(value) && Number(value) >= 0)
/** Infinity: it is never due again. */
export const interval = is('number of milliseconds', (value) => typeof value === 'number' && value >= 0)
/** Infinity is no limit. */
export const limit = is('number from 1', (value) => typeof value === 'number' && value >= 1)
/** Of another realm, too: a test runner may load the connector in one of its own. */
export const pattern = is('regular expression', types.isRegExp)
/** It may be of another copy of zod than ours: what it can do is looked for, not what made it. */
export const schema: Form = (value, at) =>
  isObject(value) && isObject(value['shape']) && isCall(value['strict']) && isCall(value['safeParse'])
    ? null
    : `\`${at}\` is no z.strictObject({ … })`

export const oneOf =
  (words: readonly string[]): Form =>
  (value, at) => {
    if (words.some((word) => word === value)) return null
    const near = typeof value === 'string' ? didYouMean(value, words) : undefined
    return notThat(value, at, `none of ${words.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }

export const optional =
  (form: Form): Form =>
  (value, at) =>
    value === undefined ? null : form(value, at)

export const listOf =
  (what: string, form: Form): Form =>
  (value, at) =>
    Array.isArray(value)
      ? // Holes, too.
        firstFlaw(Array.from(value, (each: unknown, index) => form(each, `${at}[${index}]`)))
      : notThat(value, at, `no list of ${what}`)

/** Of a list, a Map, Headers or URLSearchParams nothing would be found by name, and all of it left out. */
export const recordOf =
  (what: string, form: Form): Form =>
  (value, at) =>
    isObject(value) && !(Symbol.iterator in value)
      ? firstFlaw(Object.entries(value).map(([name, each]) => form(each, `${at}.${name}`)))
      : notThat(value, at, `no record of ${what}`)

/** With the names of the members that there are. */
export type Table = Form & { readonly names: readonly string[] }

/** An object with these members, and no others; what is of a class may have what it likes beside them. */
export const members = (forms: { readonly [member: string]: Form }): Table =>
  Object.assign(membersOf(forms), { names: Object.keys(forms) })

const membersOf =
  (forms: { readonly [member: string]: Form }): Form =>
  (value, at) => {
    if (!isObject(value)) return notThat(value, at, 'no object')
    const placeOf = (member: string) => (at === '' ? member : `${at}.${member}`)
    // What is undefined is not there.
    const isStray = (member: string) => value[member] !== undefined && !Object.hasOwn(forms, member)
    const stray = isPlain(value) ? Object.keys(value).find(isStray) : undefined
    if (stray !== undefined) {
      const near = didYouMean(stray, Object.keys(forms))
      const known = near === undefined ? `known are ${Object.keys(forms).join(', ')}` : `did you mean ${near}?`
      return `\`${placeOf(stray)}\` is not known; ${known}`
    }
    return firstFlaw(Object.entries(forms).map(([member, form]) => form(value[member], placeOf(member))))
  }

const firstFlaw = (flaws: readonly (string | null)[]): string | null => flaws.find((flaw) => flaw !== null) ?? null

function notThat(value: unknown, at: string, what: string): string {
  const it = at === '' ? 'it' : `\`${at}\``
  if (value === undefined) return `${it} is missing`
  return `${it} is ${isObject(value) || isCall(value) ? what : `${textOf(value)}, which is ${what}`}`
}

const isObject = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === 'object' && value !== null

export const isPlain = (value: object): boolean => {
  const parent: unknown = Object.getPrototypeOf(value)
  return parent === null || Object.getPrototypeOf(parent) === null
}

const isCall = (value: unknown): boolean => typeof value === 'function'
