/** What a marketing team has made in the workspace: campaigns and their actions, newsletters, a broadcast, snippets. */
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { allPeople, manualSegment, setMember } from './segments.ts'

export function seedMarketing(context: SimulatorContext): void {
  const { store, world } = context
  const at = (daysAgo: number) => Math.floor(world.epoch.getTime() / 1000) - daysAgo * daySeconds
  const put = (type: string, records: readonly JsonObject[]) => {
    for (const record of records) store.put(type, String(record['id'] ?? record['name']), record)
  }
  const stamped = (id: number, created: number, updated: number) => ({
    id,
    deduplicate_id: `${id}:${updated}`,
    created,
    updated,
  })
  store.batch(() => {
    put('segments', [
      segment(1, { name: 'All people', type: 'dynamic', at: at(400) }),
      segment(2, { name: 'Unsubscribed', type: 'dynamic', at: at(400) }),
      segment(manualSegment, { name: 'Beta testers', type: 'manual', at: at(90) }),
    ])
    put(
      'campaigns',
      ['Welcome', 'Win back 名 😀'].map((name, index) => ({
        ...stamped(index + 1, at(200), at(20 - index)),
        name,
        type: 'segment',
        state: index === 0 ? 'running' : 'draft',
        active: index === 0,
        first_started: index === 0 ? at(190) : 0,
        created_by: 'Ada <ada@acme.example>',
        tags: index === 0 ? ['onboarding'] : null,
        actions: actionIds(index + 1).map((id) => ({ id, type: 'email' })),
        msg_templates: actionIds(index + 1).map((id) => ({ id, type: 'email' })),
        event_name: null,
        event_type: null,
        date_attribute: '',
        frequency: '',
        timezone: 'Europe/Berlin',
        use_customer_timezone: false,
        start_hour: 9,
        start_minutes: 0,
        trigger_segment_ids: [1],
        filter_segment_ids: null,
      })),
    )
    for (const campaign of [1, 2])
      put(
        'campaign_actions',
        actionIds(campaign).map((id) => ({
          campaign_id: campaign,
          ...stamped(id, at(200), at(100)),
          ...message(`Step ${id}`),
          sending_state: 'automatic',
          parent_action_id: null,
        })),
      )
    put('broadcasts', [
      {
        ...stamped(7, at(60), at(30)),
        name: 'Outage notice',
        type: 'triggered_broadcast',
        state: 'running',
        active: true,
        first_started: at(59),
        created_by: 'Ada <ada@acme.example>',
        tags: null,
        actions: [{ id: 701, type: 'email' }],
        msg_templates: [{ id: 701, type: 'email' }],
      },
    ])
    put('broadcast_actions', [
      {
        broadcast_id: 7,
        ...stamped(701, at(60), at(60)),
        ...message('We are back'),
        sending_state: 'automatic',
        parent_action_id: null,
      },
    ])
    for (const number of [1, 2, 3, 4]) putNewsletter(context, number, at(35 - number * 7))
    put('sender_identities', [
      {
        id: 1,
        deduplicate_id: `1:${at(300)}`,
        name: 'Acme',
        email: 'hello@acme.example',
        address: '"Acme" <hello@acme.example>',
        template_type: 'email',
        auto_generated: false,
      },
      {
        id: 2,
        deduplicate_id: `2:${at(300)}`,
        name: 'Support',
        email: 'help@acme.example',
        address: '"Support" <help@acme.example>',
        template_type: 'email',
        auto_generated: true,
      },
    ])
    put('snippets', [
      { name: 'footer', value: 'Acme, 1 “Main” Street\nBerlin', updated_at: at(50) },
      { name: 'greeting', value: 'Hi {{customer.first_name}} 😀', updated_at: at(49) },
    ])
    put('collections', [
      {
        id: 1,
        name: 'offices',
        rows: 2,
        bytes: 120,
        schema: ['city', 'country'],
        created_at: at(80),
        updated_at: at(10),
      },
    ])
    put('transactional_messages', [
      {
        id: 5,
        name: 'Receipt',
        description: 'After a payment',
        trigger_name: 'receipt',
        send_to_unsubscribed: true,
        link_tracking: false,
        open_tracking: true,
        hide_message_body: false,
        queue_drafts: false,
        created_at: at(150),
        updated_at: at(15),
      },
    ])
    put('subscription_topics', [
      { id: 3, identifier: 'topic_3', name: 'News', description: 'What is new', subscribed_by_default: true },
      { id: 4, identifier: 'topic_4', name: 'Offers', description: '', subscribed_by_default: false },
    ])
    for (const [index, person] of allPeople(context).entries())
      if (index % 2 === 0) setMember(context, manualSegment, person, true)
  })
}

/** A one-time send, sent at once, with two variants. */
export function putNewsletter({ store }: SimulatorContext, id: number, at: number): void {
  const contents = [id * 10 + 1, id * 10 + 2]
  store.put('newsletters', String(id), {
    id,
    deduplicate_id: `${id}:${at}`,
    name: `Newsletter ${id}`,
    type: 'email',
    created: at - daySeconds,
    updated: at,
    sent_at: at,
    content_ids: contents,
    recipient_segment_ids: [1],
    subscription_topic_id: 3,
    tags: ['news'],
  })
  for (const [index, content] of contents.entries())
    store.put('newsletter_contents', String(content), {
      newsletter_id: id,
      id: content,
      deduplicate_id: `${content}:${at}`,
      ...message(`News ${id}`),
      language: index === 0 ? '' : 'de',
    })
}

const message = (name: string): JsonObject => ({
  name,
  type: 'email',
  language: '',
  layout: '{{content}}',
  subject: `${name}: hello {{customer.first_name}}`,
  preheader_text: '',
  body: `<p>${name} – “quoted” &amp; 名 😀</p>\n<p>{{snippets.footer}}</p>`,
  body_amp: '',
  from: 'hello@acme.example',
  from_id: 1,
  reply_to: '',
  reply_to_id: null,
  recipient: '{{customer.email}}',
  cc: '',
  bcc: '',
  fake_bcc: false,
  preprocessor: 'premailer',
  headers: '[]',
})

const segment = (
  id: number,
  { name, type, at }: { readonly name: string; readonly type: 'dynamic' | 'manual'; readonly at: number },
): JsonObject => ({
  id,
  deduplicate_id: `${id}:${at}`,
  name,
  description: `${name} of the workspace`,
  type,
  state: 'finished',
  progress: null,
  tags: null,
  created_at: at,
  updated_at: at,
})

/** More of the first campaign than its pages of ten hold. */
export const actionIds = (campaign: number): readonly number[] =>
  Array.from({ length: campaign === 1 ? 12 : 1 }, (_, index) => campaign * 100 + index + 1)

export const daySeconds = 86_400
