import type { SimulatorStore } from 'millrace/sandbox'

/** What belongs to a connected account, or to the live mode of the own, in the one store: under types of its own, with ids that no other account has. */
export function storeOf(store: SimulatorStore, account: string | null): SimulatorStore {
  if (account === null) return store
  const own = (type: string) => `${account}/${type}`
  return {
    get: (type, id) => store.get(own(type), id),
    put: (type, id, record) => store.put(own(type), id, record),
    remove: (type, id) => store.remove(own(type), id),
    all: (type) => store.all(own(type)),
    count: (type) => store.count(own(type)),
    types: () => store.types().filter((type) => type.startsWith(own(''))),
    next: (name) => firstOf(account) + store.next(own(name)),
    batch: (write) => store.batch(write),
  }
}

/** A count far from the platform's and from each other account's. */
const firstOf = (account: string) =>
  1_000_000 + ([...account].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7) % 4000) * 1_000_000
