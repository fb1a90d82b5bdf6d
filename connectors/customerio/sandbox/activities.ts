/** The activity log: made of what deliveries, events and people say. https://docs.customer.io/integrations/api/app/tag/activities/listActivities/ */
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { metricsOf } from './deliveries.ts'
import { objectOf } from './json-object.ts'
import { daySeconds } from './marketing.ts'
import type { Listed } from './paging.ts'
import { findPerson } from './people.ts'
import { allPeople, identifiersOf } from './segments.ts'

/** Of the last 30 days; more is not promised. */
export function listActivities(
  context: SimulatorContext,
  { deleted }: { readonly deleted: boolean },
): readonly Listed[] {
  const since = Math.floor(context.now().getTime() / 1000) - keptDays * daySeconds
  const isGone = (identifiers: Json | undefined) => !findPerson(context.store, { cio_id: cioIdOf(identifiers) })
  return [...ofDeliveries(context), ...ofEvents(context), ...ofPeople(context)]
    .filter(({ timestamp, customer_identifiers: who }) => Number(timestamp) >= since && isGone(who) === deleted)
    .map((record) => ({
      sort: `${String(record['timestamp']).padStart(12, '0')} ${String(record['id'])}`,
      record,
    }))
}

function* ofDeliveries({ store }: SimulatorContext): Generator<JsonObject> {
  for (const [id, delivery] of store.all('deliveries')) {
    const { customer_id, customer_identifiers = {}, type } = delivery
    const metrics = metricsOf(delivery)
    // An activity is what was known then: it never changes.
    const by = (metric: string, at: number) => (Number(metrics[metric] ?? Infinity) <= at ? metrics[metric] : undefined)
    for (const [metric, timestamp] of Object.entries(metrics))
      if (!metric.startsWith('human_'))
        yield {
          id: ulidOf(`${id} ${metric}`),
          type: `${metric}_${String(type)}`,
          timestamp,
          customer_id: customer_id ?? null,
          customer_identifiers,
          delivery_id: id,
          delivery_type: String(type),
          data: {
            delivered: by('delivered', Number(timestamp)) ?? null,
            delivery_id: id,
            opened: by('opened', Number(timestamp)) !== undefined,
          },
        }
  }
}

function* ofEvents({ store }: SimulatorContext): Generator<JsonObject> {
  for (const [key, { cio_id, name = '', timestamp = 0, attributes = {} }] of store.all('event')) {
    const person = findPerson(store, { cio_id: String(cio_id) })
    if (!person) continue
    const who = { customer_id: person.id, customer_identifiers: identifiersOf(person) }
    yield { id: ulidOf(key), type: 'event', name, timestamp, ...who, data: attributes }
  }
}

function* ofPeople(context: SimulatorContext): Generator<JsonObject> {
  for (const person of allPeople(context))
    yield {
      id: ulidOf(`profile ${person.cio_id}`),
      type: 'profile_create',
      timestamp: person.timestamps['cio_id'] ?? 0,
      customer_id: person.id,
      customer_identifiers: identifiersOf(person),
      data: {},
    }
}

const cioIdOf = (identifiers: Json | undefined): string => String(objectOf(identifiers)['cio_id'])

const ulidOf = (key: string): string =>
  `01${Array.from(createHash('sha256').update(key).digest().subarray(0, 24), (byte) => alphabet[byte % 32]).join('')}`

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const keptDays = 30
