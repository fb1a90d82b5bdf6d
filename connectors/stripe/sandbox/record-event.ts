import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { putRecord, type EventRecord, type Records } from './records.ts'

export type Subject = { readonly stored: EventRecord['stored']; readonly object: JsonObject }

/**
 * Keeps a change with the object as it stands. Events are listed for thirty days, so that older ones need not be kept:
 * https://docs.stripe.com/api/events
 */
export function recordEvent(
  store: SimulatorStore,
  type: string,
  created: number,
  { stored, object }: Subject,
  now: number,
): void {
  if (created >= now - eventDays * 86_400)
    putRecord(store, 'events', { id: makeId(store, 'evt'), created, type, stored, object })
}

/** As `recordEvent`, for what was not there in the first worlds: the ids of their events stay as they were. */
export function recordLater(
  store: SimulatorStore,
  type: string,
  { created, now = created }: { readonly created: number; readonly now?: number },
  { stored, object }: Subject,
): void {
  if (created >= now - eventDays * 86_400)
    putRecord(store, 'events', { id: makeId(store, 'evt', 'later'), created, type, stored, object })
}

/** Keeps an object that is new or became another, and tells it. */
export function change<T extends Exclude<keyof Records, 'events' | 'gone'>>(
  store: SimulatorStore,
  stored: T,
  object: Records[T],
  { type, at, now = at }: { readonly type: string; readonly at: number; readonly now?: number },
): void {
  putRecord(store, stored, object)
  recordLater(store, type, { created: at, now }, { stored, object })
}

export const eventDays = 30
