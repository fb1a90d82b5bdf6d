import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import { rootManager } from './credentials.ts'

export const accountOf = (store: SimulatorStore, id: string): JsonObject | undefined =>
  store.get('customer', `customers/${id}`)

export const parentOf = (store: SimulatorStore, id: string): string | undefined => {
  const parent = store.get('link', id)?.manager
  return typeof parent === 'string' ? parent : undefined
}

/** The account itself and what is below it. */
export function* accountsBelow(
  store: SimulatorStore,
  id: string,
  level = 0,
): Generator<{ readonly account: JsonObject; readonly level: number }> {
  const account = accountOf(store, id)
  if (account) yield { account, level }
  for (const [child, link] of store.all('link')) if (link.manager === id) yield* accountsBelow(store, child, level + 1)
}

/** May the user, through this account, reach that one? */
export function reaches(store: SimulatorStore, login: string, id: string): boolean {
  for (let at: string | undefined = id; at !== undefined; at = parentOf(store, at))
    if (at === login) return hasAccess(store, login)
  return false
}

/** The user was added to the root manager: to it and to all below. */
function hasAccess(store: SimulatorStore, login: string): boolean {
  for (let at: string | undefined = login; at !== undefined; at = parentOf(store, at))
    if (at === rootManager) return true
  return false
}

/** The day that it is in the account's zone. */
export const todayOf = (account: JsonObject, now: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: String(account['customer.time_zone']) }).format(now)
