/** Who belongs to which segment: by what they are, or by hand (store type `manual_member`, `<segment>/<cio_id>`). */
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import type { PersonRecord } from './identify.ts'

export const segmentOf = ({ store }: SimulatorContext, id: number): JsonObject | undefined =>
  store.get('segments', String(id))

export function isMember({ store }: SimulatorContext, segment: JsonObject, person: PersonRecord): boolean {
  const id = Number(segment['id'])
  if (segment['type'] === 'manual') return store.get('manual_member', `${id}/${person.cio_id}`) !== undefined
  return id === unsubscribedSegment ? person.unsubscribed : true
}

export const membersOf = (context: SimulatorContext, segment: JsonObject): readonly PersonRecord[] =>
  allPeople(context).filter((person) => isMember(context, segment, person))

export const allPeople = ({ store }: SimulatorContext): readonly PersonRecord[] =>
  Array.from(store.all('person'), ([, record]) => record as PersonRecord) // only rekeyPerson writes this type

/** In a manual segment, or not any more. */
export function setMember({ store }: SimulatorContext, segment: number, person: PersonRecord, isIn: boolean): void {
  const key = `${segment}/${person.cio_id}`
  if (isIn) store.put('manual_member', key, { segment_id: segment, cio_id: person.cio_id })
  else store.remove('manual_member', key)
}

/** What a list shows of a person. */
export const identifiersOf = ({ id, email, cio_id }: PersonRecord): JsonObject => ({ id, email, cio_id })

export const unsubscribedSegment = 2
export const manualSegment = 3
