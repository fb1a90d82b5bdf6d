import type { SimulatorStore } from 'millrace/sandbox'
import type { PersonRecord } from './identify.ts'

export function findPerson(
  store: SimulatorStore,
  identifiers: { readonly [name: string]: string | undefined },
): PersonRecord | undefined {
  const { id, email, cio_id: cioId } = identifiers
  if (id !== undefined) return asPerson(store, id)
  const index = indexOf(store)
  const key = email !== undefined ? index.byEmail.get(email.toLowerCase()) : index.byCioId.get(cioId ?? '')
  return key === undefined ? undefined : asPerson(store, key)
}

/** Writes the person under their key of now; undefined removes them. */
export function rekeyPerson(
  store: SimulatorStore,
  before: PersonRecord | undefined,
  after: PersonRecord | undefined,
): void {
  const index = indexOf(store)
  if (before) {
    if (before.email !== null) index.byEmail.delete(before.email.toLowerCase())
    index.byCioId.delete(before.cio_id)
    if (!after || keyOf(after) !== keyOf(before)) store.remove('person', keyOf(before))
  }
  if (after) {
    store.put('person', keyOf(after), after)
    remember(index, after)
  }
  sign(index, store)
}

const keyOf = ({ id, cio_id: cioId }: PersonRecord) => id ?? `cio_${cioId}`

function asPerson(store: SimulatorStore, key: string): PersonRecord | undefined {
  // Only rekeyPerson writes this type.
  return store.get('person', key) as PersonRecord | undefined
}

type Index = {
  people: number
  first: unknown
  readonly byEmail: Map<string, string>
  readonly byCioId: Map<string, string>
}

/** Who has which email. Made again when the store was filled by somebody else: a reset, or a batch taken back. */
function indexOf(store: SimulatorStore): Index {
  const known = indexes.get(store)
  if (known && known.people === store.count('person') && known.first === firstOf(store)) return known
  const index: Index = { people: 0, first: undefined, byEmail: new Map(), byCioId: new Map() }
  for (const [, record] of store.all('person')) remember(index, record as PersonRecord) // as in asPerson
  sign(index, store)
  indexes.set(store, index)
  return index
}

/** The count and the first record, by identity: a store that was filled again has other objects. */
function sign(index: Index, store: SimulatorStore): void {
  index.people = store.count('person')
  index.first = firstOf(store)
}

function firstOf(store: SimulatorStore): unknown {
  const first = store.all('person').next()
  return first.done ? undefined : first.value[1]
}

function remember(index: Index, person: PersonRecord): void {
  if (person.email !== null) index.byEmail.set(person.email.toLowerCase(), keyOf(person))
  index.byCioId.set(person.cio_id, keyOf(person))
}

const indexes = new WeakMap<SimulatorStore, Index>()
