/** What people did: store type `event`, under the event's ULID, or `event_<n>` where none was sent. */
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext, SimulatorStore } from 'millrace/sandbox'
import type { Identifiers } from './objects.ts'
import { findPerson } from './people.ts'

export type Event = {
  readonly identifiers: Identifiers
  readonly id?: string
  readonly name: string
  readonly timestamp?: number
  readonly attributes?: { readonly [name: string]: Json }
}

/** An id that was there before is the same event: nothing happens. */
export function takeEvent({ store, now }: SimulatorContext, { identifiers, id, name, ...event }: Event): void {
  const key = id?.toUpperCase() ?? `event_${store.next('event')}`
  if (store.get('event', key)) return
  store.put('event', key, {
    id: id === undefined ? null : key,
    cio_id: findPerson(store, identifiers)?.cio_id ?? null,
    identifiers,
    name: name.trim(),
    timestamp: event.timestamp ?? Math.floor(now().getTime() / 1000),
    attributes: event.attributes ?? {},
  })
}

export function moveEvents(store: SimulatorStore, from: string, to: string): void {
  for (const [key, event] of Array.from(store.all('event')))
    if (event['cio_id'] === from) store.put('event', key, { ...event, cio_id: to } satisfies JsonObject)
}
