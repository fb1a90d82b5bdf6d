/**
 * What was sent to whom, and what came of it: store type `deliveries`. A delivery is opened and clicked days after it was made,
 * and nothing in it says when it was changed last. https://docs.customer.io/integrations/api/app/tag/messages/listMessages/
 */
import type { Json, JsonObject } from 'millrace'
import type { Day, Random, SimulatorContext } from 'millrace/sandbox'
import type { PersonRecord } from './identify.ts'
import { objectOf } from './json-object.ts'
import { actionIds, daySeconds, putNewsletter } from './marketing.ts'
import { allPeople, identifiersOf, manualSegment, setMember } from './segments.ts'

type Cause = { readonly [name: string]: Json }

export function seedDeliveries(context: SimulatorContext): void {
  const { store, world } = context
  const random = world.random('customerio deliveries')
  const now = Math.floor(world.epoch.getTime() / 1000)
  store.batch(() => {
    for (const person of allPeople(context)) {
      for (const [index, action] of actionIds(1).slice(0, 6).entries())
        deliver(
          context,
          person,
          { campaign_id: 1, action_id: action, msg_template_id: action },
          now - (40 - index * 5) * daySeconds - random.integer(0, 9999),
        )
      for (const newsletter of [1, 2, 3, 4])
        deliver(
          context,
          person,
          { newsletter_id: newsletter, content_id: newsletter * 10 + 1, msg_template_id: newsletter * 10 + 1 },
          now - (35 - newsletter * 7) * daySeconds + random.integer(0, 600),
        )
      deliver(context, person, { broadcast_id: 7, action_id: 701, msg_template_id: 701 }, now - 30 * daySeconds)
    }
    // Of a broadcast that has been deleted since; the last is a survey within an app.
    for (const person of allPeople(context))
      for (const [days, cause] of [
        [900, { action_id: 301 }],
        [400, { action_id: 302 }],
        [200, { action_id: 303, type: 'in_app', recipient: person.id }],
      ] as const)
        deliver(context, person, { broadcast_id: 3, ...cause }, now - days * daySeconds)
    for (const [id, delivery] of Array.from(store.all('deliveries')))
      for (let day = Number(delivery['created']); day < now; day += daySeconds)
        react(context, id, { random, from: day, until: Math.min(day + daySeconds, now) })
  })
}

/** A day: messages go out, those of the last week are opened and clicked, on Sundays a newsletter; somebody joins or leaves the testers. */
export function moveDeliveries(context: SimulatorContext, { number, start, end }: Day): void {
  const { store, world } = context
  const random = world.random(`customerio deliveries day ${number}`)
  const [from, until] = [start, end].map((at) => Math.floor(at.getTime() / 1000))
  if (from === undefined || until === undefined) return
  store.batch(() => {
    const people = allPeople(context).slice(0, mostRecipients)
    if (number % 7 === 0) putNewsletter(context, 4 + number / 7, from)
    for (const [id, { created }] of Array.from(store.all('deliveries')))
      if (Number(created) > from - 7 * daySeconds) react(context, id, { random, from, until })
    for (const person of people)
      if (!person.unsubscribed && random.chance(0.3)) {
        const action = random.pick(actionIds(1))
        deliver(
          context,
          person,
          { campaign_id: 1, action_id: action, msg_template_id: action },
          random.integer(from, until - 1),
        )
      }
    const someone = people.length === 0 ? undefined : random.pick(people)
    if (someone && number % 2 === 0)
      setMember(
        context,
        manualSegment,
        someone,
        store.get('manual_member', `${manualSegment}/${someone.cio_id}`) === undefined,
      )
  })
}

function deliver({ store }: SimulatorContext, person: PersonRecord, cause: Cause, created: number): void {
  const number = store.next('delivery')
  const id = Buffer.from(`delivery/${String(number).padStart(8, '0')}~`).toString('base64')
  const isDraft = number % 29 === 0
  const failure = number % 17 === 0
  store.put('deliveries', id, {
    id,
    deduplicate_id: `${id}:${created}`,
    type: 'email',
    customer_id: person.id,
    customer_identifiers: identifiersOf(person),
    recipient: person.email,
    subject: `Hello 名 😀 “${number}”`,
    created,
    failure_message: failure ? '550 mailbox unavailable' : null,
    forgotten: false,
    campaign_id: null,
    broadcast_id: null,
    newsletter_id: null,
    content_id: null,
    action_id: null,
    parent_action_id: null,
    trigger_event_id: null,
    ...cause,
    metrics: isDraft
      ? { drafted: created }
      : { sent: created + 1, ...(failure ? { bounced: created + 4 } : { delivered: created + 3 }) },
  })
}

/** What its reader does within these seconds. */
function react(
  { store }: SimulatorContext,
  id: string,
  { random, from, until }: { readonly random: Random; readonly from: number; readonly until: number },
): void {
  const delivery = store.get('deliveries', id)
  const metrics = delivery && metricsOf(delivery)
  if (!metrics || metrics['delivered'] === undefined || metrics['clicked'] !== undefined) return
  const metric = metrics['opened'] === undefined ? 'opened' : 'clicked'
  if (!random.chance(0.3)) return
  const at = random.integer(Math.max(from, Number(metrics['opened'] ?? metrics['delivered'])), until)
  if (at >= until) return
  store.put('deliveries', id, {
    ...delivery,
    deduplicate_id: `${id}:${at}`,
    metrics: { ...metrics, [metric]: at, [`human_${metric}`]: at },
    ...(delivery['type'] === 'in_app' &&
      metric === 'clicked' && { tracked_responses: { [random.pick(['great', 'not yet'])]: { id: 1, ts: at } } }),
  })
}

export const metricsOf = ({ metrics }: JsonObject): JsonObject => objectOf(metrics)

const mostRecipients = 20
