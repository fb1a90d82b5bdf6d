/** What happens in a workspace of made-up time, by the simulator's own store, and the rows that a reader should find. */
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { listActivities } from '../../../connectors/customerio/sandbox/activities.ts'
import { metricsOf } from '../../../connectors/customerio/sandbox/deliveries.ts'
import { takeEvent } from '../../../connectors/customerio/sandbox/events.ts'
import { deletePerson, identifyPerson } from '../../../connectors/customerio/sandbox/identify.ts'
import { mergePeople } from '../../../connectors/customerio/sandbox/merge.ts'
import { findPerson } from '../../../connectors/customerio/sandbox/people.ts'
import { allPeople, identifiersOf, membersOf, setMember } from '../../../connectors/customerio/sandbox/segments.ts'

/** `a` and `b` say which; of a delivery and of an event that comes late (`goes`), how many days ago; of all else `goes` takes it away. */
export type Edit = {
  readonly kind:
    | ('person' | 'erase' | 'merge' | 'member' | 'segment' | 'campaign' | 'action' | 'newsletter' | 'content')
    | ('snippet' | 'delivery' | 'draft' | 'react' | 'vanish' | 'event' | 'pass')
  readonly a: number
  readonly b: number
  readonly back: number
  readonly goes: boolean
  /** Of `pass`, which is of the clock alone. */
  readonly ms: number
}

/** A change has a mark, which no other has: versions are told apart by it. */
let changes = 0

export function apply(context: SimulatorContext, { kind, a, b, back, goes }: Edit): void {
  const { store } = context
  const id = `P-${a}`
  const seconds = Math.floor(context.now().getTime() / 1000)
  const ago = seconds - back * 86_400
  const mark = `${++changes}`
  const put = (type: string, key: number, record: JsonObject) => {
    if (goes) return store.remove(type, String(key))
    const stamps = { created: seconds, updated: seconds, created_at: seconds, updated_at: seconds }
    store.put(type, String(key), { id: key, deduplicate_id: mark, name: `名 ${a}`, ...stamps, ...record })
  }
  if (kind === 'person') {
    const attributes = {
      rev: mark,
      plan: b === 0 ? '' : `“${b}",\n名`,
      unsubscribed: b === 1,
      email: `p${a}.${b}@x.example`,
    }
    identifyPerson(context, { identifiers: { id }, attributes })
  } else if (kind === 'erase') deletePerson(context, { id })
  else if (kind === 'merge') mergePeople(context, { primary: { id }, secondary: { id: `P-${b + 3}` } })
  else if (kind === 'segment') put('segments', b + 3, { description: mark, type: 'manual', tags: null })
  else if (kind === 'campaign') put('campaigns', b + 1, { tags: [mark], active: a > 2 })
  else if (kind === 'action') put('campaign_actions', 100 + a * 4, { campaign_id: b + 1, subject: mark })
  else if (kind === 'newsletter') put('newsletters', a * 2, { tags: [mark], sent_at: null })
  else if (kind === 'content') put('newsletter_contents', 500 + a, { newsletter_id: b + 1, subject: mark })
  else if (kind === 'snippet') put('snippets', a, { name: `snippet ${a}`, value: mark })
  else if (kind === 'vanish') store.remove('deliveries', `dlv_${a}_${b}`)
  else if (kind === 'event') takeEvent(context, { identifiers: { id }, name: mark, timestamp: goes ? ago : seconds })
  else if (kind === 'member') {
    const person = findPerson(store, { id })
    if (person) setMember(context, b + 3, person, !goes)
  } else if (kind !== 'pass') {
    const key = `dlv_${a}_${b}`
    const made = { id: key, type: 'email', customer_id: id, customer_identifiers: { id }, created: ago, campaign_id: b }
    const before = store.get('deliveries', key)
    const { drafted: _drafted, ...metrics } = metricsOf(before ?? {})
    const next = ['sent', 'opened', 'clicked'].find((metric) => !(metric in metrics)) ?? 'clicked'
    const now = kind === 'draft' && !before ? { drafted: ago } : { ...metrics, [next]: seconds }
    store.put('deliveries', key, { ...(before ?? made), deduplicate_id: mark, subject: mark, metrics: now })
  }
}

type Read = { readonly varied: string; readonly by: readonly Edit['kind'][] }

/** Streams that histories read: the column that runs may leave out, mask, or read by itself; what changes them. */
export const reads: { readonly [stream: string]: Read } = {
  people: { varied: 'email', by: ['person', 'person', 'erase', 'merge'] },
  segment_membership: { varied: 'email', by: ['member', 'member', 'segment', 'person', 'erase', 'merge'] },
  campaign_actions: { varied: 'subject', by: ['action', 'action', 'action', 'campaign'] },
  newsletters: { varied: 'tags', by: ['newsletter', 'newsletter'] },
  newsletter_contents: { varied: 'subject', by: ['content', 'content', 'newsletter'] },
  snippets: { varied: 'updated_at', by: ['snippet', 'snippet'] },
  deliveries: { varied: 'subject', by: ['delivery', 'delivery', 'draft', 'react', 'react', 'vanish'] },
  activities: { varied: 'data', by: ['event', 'event', 'person', 'erase', 'merge', 'delivery', 'react'] },
}

export function truthOf(context: SimulatorContext, stream: string): readonly JsonObject[] {
  const all = (type: string) => Array.from(context.store.all(type), ([, record]) => record)
  const under = (parent: string, column: string) =>
    all(stream).filter((record) => context.store.get(parent, String(record[column])))
  if (stream === 'campaign_actions') return under('campaigns', 'campaign_id')
  if (stream === 'newsletter_contents') return under('newsletters', 'newsletter_id')
  if (stream === 'deliveries') return all(stream).filter((record) => !('drafted' in metricsOf(record)))
  if (stream === 'activities') return listActivities(context, { deleted: false }).map(({ record }) => record)
  if (stream === 'segment_membership')
    return all('segments').flatMap((segment) =>
      membersOf(context, segment).map((person) => ({ segment_id: segment['id'] ?? null, ...identifiersOf(person) })),
    )
  if (stream !== 'people') return all(stream)
  return allPeople(context).map((person) => {
    const { rev = null, plan = '' } = person.attributes
    // README: an empty attribute is none.
    const attributes = { rev, ...(plan !== '' && { plan }) }
    return { ...identifiersOf(person), unsubscribed: person.unsubscribed, attributes }
  })
}
