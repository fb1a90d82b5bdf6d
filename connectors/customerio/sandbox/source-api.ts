/** What the App API lists for whoever reads it. https://docs.customer.io/integrations/api/app/ */
import type { Context, Hono } from 'hono'
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { listActivities } from './activities.ts'
import { bad, invalidBody, isAppRefusal, notFound, refuseApp, type AppRefusal } from './app-refusal.ts'
import { metricsOf } from './deliveries.ts'
import { createExport, linkExport, serveFile, showExport } from './exports.ts'
import { readFilter } from './filter.ts'
import { objectOf } from './json-object.ts'
import { daySeconds } from './marketing.ts'
import { pageOf, type Listed, type Paged } from './paging.ts'
import { parseBody } from './parse-body.ts'
import { checkQuery, idOf, type Checked, type Spec } from './query.ts'
import type { PersonRecord } from './identify.ts'
import { findPerson } from './people.ts'
import { allPeople, identifiersOf, membersOf, segmentOf } from './segments.ts'

type Answer = JsonObject | AppRefusal

export function serveSource(app: Hono, context: SimulatorContext): void {
  const route = (path: string, spec: Spec, read: (query: Checked, c: Context) => Answer) =>
    app.get(path, (c) => respond(withQuery(c, spec, (query) => read(query, c))))
  const { store } = context

  for (const [path, { type, records }] of Object.entries(wholeLists))
    route(`/v1/${path}`, {}, () => ({ [records]: Array.from(store.all(type), ([, record]) => record) }))
  for (const type of ['newsletters', 'sender_identities'] as const)
    route(
      `/v1/${type}`,
      { ...paged(100), sort: ['asc', 'desc'], ...(type === 'sender_identities' && { hidden: 'boolean' }) },
      (query) =>
        asPage(
          type,
          pageOf(context, byId(context, type), {
            of: type,
            query,
            usual: 50,
            order: query['sort'] === 'desc' ? 'down' : 'up',
          }),
        ),
    )
  for (const { parent, type, records, isPaged } of childLists)
    route(`/v1/${parent}/:id/${records}`, isPaged ? { start: 'text' } : {}, (query, c) => {
      const id = idOf(c.req.param('id') ?? '')
      if (typeof id === 'object') return id
      if (!store.get(parent, String(id))) return notFound(parent.slice(0, -1))
      const own = byId(context, type).filter(({ record }) => record[`${parent.slice(0, -1)}_id`] === id)
      if (!isPaged) return { [records]: own.map(({ record }) => record) }
      return asPage(records, pageOf(context, own, { of: `${type} ${id}`, query, usual: 10, order: 'up' }))
    })
  route('/v1/segments/:id/membership', paged(30_000), (query, c) => {
    const segment = findSegment(context, c.req.param('id') ?? '')
    if (isAppRefusal(segment)) return segment
    const of = `segment ${String(segment['id'])}`
    return pageOfPeople(context, membersOf(context, segment), { of, query, usual: 1000 })
  })
  route('/v1/segments/:id/customer_count', {}, (_query, c) => {
    const segment = findSegment(context, c.req.param('id') ?? '')
    return isAppRefusal(segment) ? segment : { count: membersOf(context, segment).length }
  })
  route('/v1/messages', messageSpec, (query) => {
    const { start: _start, limit: _limit, ...filters } = query
    const window = windowOf(context, query)
    const own = Array.from(store.all('deliveries'), ([, record]) => record).filter((record) =>
      isWanted(record, filters, window),
    )
    const rows = own.map((record) => ({ sort: sortOf(record), record: shownTo(query, record) }))
    return asPage(
      'messages',
      pageOf(context, rows, { of: `messages ${JSON.stringify(filters)}`, query, usual: 50, order: 'down' }),
    )
  })
  route('/v1/activities', activitySpec, (query) => {
    const { start: _start, limit: _limit, ...filters } = query
    const rows = filterActivities(context, listActivities(context, { deleted: query['deleted'] === true }), query)
    if ('detail' in rows) return rows
    return asPage(
      'activities',
      pageOf(context, rows, { of: `activities ${JSON.stringify(filters)}`, query, usual: 10, order: 'down' }),
    )
  })
  app.post('/v1/customers', async (c) => {
    const text = await c.req.text()
    return respond(withQuery(c, paged(1000), (query) => searchPeople(context, query, text)))
  })
  app.post('/v1/exports/customers', async (c) => {
    const text = await c.req.text()
    return respond(withQuery(c, {}, () => createExport(context, text)))
  })
  const exportRoute = (path: string, read: (id: number, c: Context) => Answer) =>
    route(path, {}, (_query, c) => {
      const id = idOf(c.req.param('id') ?? '')
      return typeof id === 'object' ? id : read(id, c)
    })
  exportRoute('/v1/exports/:id', (id) => showExport(context, id))
  exportRoute('/v1/exports/:id/download', (id, c) => linkExport(context, id, new URL(c.req.url).origin))
  app.get('/files/exports/:file{[0-9]+\\.csv}', (c) =>
    serveFile(context, c.req.param('file').replace('.csv', ''), c.req.raw),
  )
}

const respond = (answer: Answer): Response => (isAppRefusal(answer) ? refuseApp(answer) : Response.json(answer))

function withQuery(c: Context, spec: Spec, read: (query: Checked) => Answer): Answer {
  const query = checkQuery(new URL(c.req.url).searchParams, spec)
  return isAppRefusal(query) ? query : read(query)
}

function asPage(name: string, page: Paged | AppRefusal): Answer {
  return isAppRefusal(page) ? page : { [name]: [...page.records], next: page.next }
}

/** Those without an id stand in `ids` as an empty text. */
function pageOfPeople(
  context: SimulatorContext,
  people: readonly PersonRecord[],
  asked: { readonly of: string; readonly query: Checked; readonly usual: number },
): Answer {
  const rows = people.map((person) => ({ sort: person.cio_id, record: identifiersOf(person) }))
  const page = pageOf(context, rows, { ...asked, order: 'up' })
  if (isAppRefusal(page)) return page
  return { identifiers: [...page.records], ids: page.records.map(({ id }) => String(id ?? '')), next: page.next }
}

function byId({ store }: SimulatorContext, type: string): readonly Listed[] {
  return Array.from(store.all(type), ([id, record]) => ({ sort: id.padStart(12, '0'), record }))
}

function findSegment(context: SimulatorContext, text: string): JsonObject | AppRefusal {
  const id = idOf(text)
  return typeof id === 'object' ? id : (segmentOf(context, id) ?? notFound('segment'))
}

function searchPeople(context: SimulatorContext, query: Checked, text: string): Answer {
  const body = parseBody(text)
  if (body === undefined) return bad('the request body is not a JSON object')
  const { filter, ...others } = body
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return bad(`unknown field ${unknown}`)
  if (filter === undefined) return invalidBody('filter', 'filter is required')
  const isMeant = readFilter(context, filter)
  if (isAppRefusal(isMeant)) return isMeant
  const of = `customers ${JSON.stringify(filter)}`
  return pageOfPeople(context, allPeople(context).filter(isMeant), { of, query, usual: 50 })
}

type Window = { readonly after: number; readonly before: number }

/** In seconds; neither bound is a part of it. Six months to its end are shown, and nothing says that more was asked for. */
function windowOf({ now }: SimulatorContext, { start_ts: start, end_ts: end }: Checked): Window {
  const before = Number(end ?? Math.ceil(now().getTime() / 1000) + 1)
  return { after: Math.max(Number(start ?? 0), before - sixMonths), before }
}

/** Months are 28 days and more: what is called six of them is longer than this. */
const sixMonths = 180 * daySeconds

/** What was answered in a survey comes for the asking. */
function shownTo({ get_tracked_responses: isAsked }: Checked, delivery: JsonObject): JsonObject {
  const { tracked_responses: _responses, ...others } = delivery
  return isAsked === true ? delivery : others
}

function isWanted(delivery: JsonObject, filters: Checked, { after, before }: Window): boolean {
  const metrics = metricsOf(delivery)
  const created = Number(delivery['created'])
  return (
    (metrics['drafted'] !== undefined) === (filters['drafts'] === true) &&
    ['type', 'campaign_id', 'newsletter_id', 'action_id'].every(
      (name) => filters[name] === undefined || delivery[name] === filters[name],
    ) &&
    (filters['metric'] === undefined || metrics[String(filters['metric'])] !== undefined) &&
    created > after &&
    created < before
  )
}

function filterActivities(
  context: SimulatorContext,
  rows: readonly Listed[],
  { type, name, customer_id: id, id_type: idType = 'id' }: Checked,
): readonly Listed[] | AppRefusal {
  const person =
    id === undefined ? undefined : findPerson(context.store, { [String(idType)]: String(id).replace(/^cio_/, '') })
  if (id !== undefined && !person) return notFound('customer')
  return rows.filter(
    ({ record }) =>
      (type === undefined || record['type'] === type) &&
      (name === undefined || record['name'] === name) &&
      (!person || cioIdOf(record['customer_identifiers']) === person.cio_id),
  )
}

const cioIdOf = (identifiers: Json | undefined) => objectOf(identifiers)['cio_id']

const sortOf = ({ created, id }: JsonObject) => `${String(created).padStart(12, '0')} ${String(id)}`

const paged = (most: number): Spec => ({ start: 'text', limit: { most } })

const messageSpec: Spec = {
  ...paged(1000),
  type: ['email', 'webhook', 'twilio', 'whatsapp', 'slack', 'push', 'in_app', 'live_notification'],
  metric: [
    'attempted',
    'sent',
    'delivered',
    'opened',
    'clicked',
    'converted',
    'bounced',
    'spammed',
    'unsubscribed',
    'dropped',
    'failed',
    'undeliverable',
  ],
  drafts: 'boolean',
  campaign_id: 'integer',
  newsletter_id: 'integer',
  action_id: 'integer',
  start_ts: 'integer',
  end_ts: 'integer',
  get_tracked_responses: 'boolean',
}

const activitySpec: Spec = {
  ...paged(100),
  type: 'text',
  name: 'text',
  deleted: 'boolean',
  customer_id: 'text',
  // phone is no identifier of this workspace
  id_type: ['id', 'email', 'cio_id'],
}

/** Path → where it is kept, and what it is called in the answer. */
const wholeLists: { readonly [path: string]: { readonly type: string; readonly records: string } } = {
  segments: { type: 'segments', records: 'segments' },
  campaigns: { type: 'campaigns', records: 'campaigns' },
  broadcasts: { type: 'broadcasts', records: 'broadcasts' },
  snippets: { type: 'snippets', records: 'snippets' },
  collections: { type: 'collections', records: 'collections' },
  transactional: { type: 'transactional_messages', records: 'messages' },
  subscription_topics: { type: 'subscription_topics', records: 'topics' },
}

const childLists = [
  { parent: 'campaigns', type: 'campaign_actions', records: 'actions', isPaged: true },
  { parent: 'broadcasts', type: 'broadcast_actions', records: 'actions', isPaged: false },
  { parent: 'newsletters', type: 'newsletter_contents', records: 'contents', isPaged: false },
] as const
