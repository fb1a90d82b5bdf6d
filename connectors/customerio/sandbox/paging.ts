/** Pages by tokens: only those that this workspace made, and only for the list that they were made for. */
import { createHmac } from 'node:crypto'
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { bad, type AppRefusal } from './app-refusal.ts'
import type { Checked } from './query.ts'

/** What is listed, in the order of `sort`, which is unique. */
export type Listed = { readonly sort: string; readonly record: JsonObject }

export type Paged = { readonly records: readonly JsonObject[]; readonly next: string }

type Asked = {
  /** The path and what filters it: a token of one list is none of another. */
  readonly of: string
  readonly query: Checked
  readonly usual: number
  readonly order: 'up' | 'down'
}

export function pageOf(context: SimulatorContext, rows: readonly Listed[], asked: Asked): Paged | AppRefusal {
  const { query, usual, order } = asked
  const after = query['start'] === undefined ? null : readToken(context, asked.of, String(query['start']))
  if (after === undefined || (after !== null && context.fault('lost_tokens')))
    return bad('start is not a valid page token')
  const sorted = rows.toSorted((a, b) => (a.sort < b.sort ? -1 : 1) * (order === 'up' ? 1 : -1))
  const rest = after === null ? sorted : sorted.filter(({ sort }) => (order === 'up' ? sort > after : sort < after))
  // An empty page that is not the last.
  if (context.fault('empty_page') && rest.length > 0)
    return { records: [], next: makeToken(context, asked.of, after ?? (order === 'up' ? '' : '\uffff')) }
  const page = rest.slice(0, Number(query['limit'] ?? usual))
  const last = page.at(-1)
  // The page and its token once more, whatever token is sent.
  if (context.fault('stuck_page')) {
    const first = sorted.slice(0, page.length)
    return { records: first.map(({ record }) => record), next: makeToken(context, asked.of, first.at(-1)?.sort ?? '') }
  }
  const next = last && page.length < rest.length ? makeToken(context, asked.of, last.sort) : ''
  return { records: page.map(({ record }) => record), next }
}

const makeToken = (context: SimulatorContext, of: string, sort: string): string =>
  `${Buffer.from(sort).toString('base64url')}.${sign(context, of, sort)}`

function readToken(context: SimulatorContext, of: string, token: string): string | undefined {
  const [place = '', signature] = token.split('.')
  const sort = Buffer.from(place, 'base64url').toString()
  return signature === sign(context, of, sort) ? sort : undefined
}

const sign = ({ world }: SimulatorContext, of: string, sort: string): string =>
  createHmac('sha256', `customerio ${world.seed}`).update(`${of}\n${sort}`).digest('base64url').slice(0, 16)
