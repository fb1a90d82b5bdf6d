// The made-up CRM's simulator: contacts with soft deletes, newest first, and a batch endpoint with an answer per item.
import type { JsonObject } from 'millrace'
import { simulator, type SimulatorContext } from 'millrace/sandbox'

export default simulator({
  name: 'acme_crm',
  connection: ({ host, port }) => ({ base_url: `http://${host}:${port}`, api_key: sandboxKey }),
  seed({ world, store }) {
    const random = world.random('acme_crm')
    for (const person of world.people) {
      // More digits than a double holds: they must arrive as they are.
      const score = `${random.integer(10 ** 14, 10 ** 15 - 1)}${random.integer(10, 99)}.${random.integer(1000, 9999)}`
      const id = `c_${String(person.number).padStart(8, '0')}`
      const updated_at = person.createdAt.toISOString()
      const contact = { id, email: person.email.toLowerCase(), score, plan: null, unsubscribed: person.optOut.email }
      store.put('contact', id, { ...contact, updated_at, deleted: false })
    }
  },
  move({ store, world }, day) {
    for (const event of day.events) {
      if (event.kind !== 'person_deleted' && event.kind !== 'opt_out') continue
      const id = `c_${String(event.person).padStart(8, '0')}`
      const contact = store.get('contact', id)
      if (!contact || !world.people.some((person) => person.number === event.person)) continue
      const change: JsonObject = event.kind === 'opt_out' ? { unsubscribed: true } : { deleted: true }
      store.put('contact', id, { ...contact, ...change, updated_at: event.at.toISOString() })
    }
  },
  serve: (context) => async (request) => {
    const url = new URL(request.url)
    if (request.headers.get('authorization') !== `Bearer ${sandboxKey}`)
      return refuse(401, 'BAD_KEY', 'no such API key')
    if (context.fault('rate_limit')) return refuse(429, 'SLOW_DOWN', 'too many requests')
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /v2/ping':
        return Response.json({ account: 'acme-sandbox' })
      case 'GET /v2/contacts':
        return listContacts(context, url.searchParams)
      case 'GET /v2/contacts/count':
        return countContacts(context, url.searchParams)
      case 'POST /v2/contacts/batch':
        return writeContacts(context, JSON.parse(await request.text()))
      default:
        return refuse(404, 'NOT_FOUND', `there is no ${request.method} ${url.pathname}`)
    }
  },
  coverage: {
    'GET /v2/ping': ['bad_credentials', 'too_many_requests'],
    'GET /v2/contacts': ['unknown_field', 'wrong_type', 'bad_credentials', 'too_many_requests'],
    'GET /v2/contacts/count': ['unknown_field', 'wrong_type', 'bad_credentials', 'too_many_requests'],
    'POST /v2/contacts/batch': [
      'unknown_field',
      'wrong_type',
      'missing_parameter',
      'bad_credentials',
      'too_many_requests',
    ],
  },
  leftOut: { tags: 'made up, and of no use here' },
})

function listContacts(context: SimulatorContext, query: URLSearchParams): Response {
  const found = findContacts(context, query, ['after', 'updated_after', 'updated_before'])
  if (found instanceof Response) return found
  // A cursor is the place of the last contact, so that what changes between two pages neither hides nor repeats others.
  const after = query.get('after')
  const rest =
    after === null ? found : found.filter((contact) => placeOf(contact) < Buffer.from(after, 'base64url').toString())
  const page = rest.slice(0, pageSize)
  const last = rest.length > pageSize ? page.at(-1) : undefined
  const next = last ? Buffer.from(placeOf(last)).toString('base64url') : null
  // Scores travel as numbers, with more digits than JSON.stringify could write.
  const body = JSON.stringify({ data: page, paging: { next } }, null, 2).replace(/"score": "([\d.]+)"/g, '"score": $1')
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

function countContacts(context: SimulatorContext, query: URLSearchParams): Response {
  const found = findContacts(context, query, ['updated_after', 'updated_before'])
  return found instanceof Response ? found : Response.json({ total: found.length })
}

function findContacts(
  context: SimulatorContext,
  query: URLSearchParams,
  allowed: readonly string[],
): readonly JsonObject[] | Response {
  for (const name of query.keys()) if (!allowed.includes(name)) return refuse(400, 'UNKNOWN_PARAMETER', name)
  const bounds = [query.get('updated_after') ?? '0', query.get('updated_before') ?? '9']
  const bad = [...query].find(([name, value]) => name !== 'after' && Number.isNaN(Date.parse(value)))
  if (bad) return refuse(422, 'NOT_A_TIME', bad[0])
  const [from = '', to = ''] = bounds
  return [...context.store.all('contact')]
    .map(([, contact]) => contact)
    .filter((contact) => String(contact.updated_at) >= from && String(contact.updated_at) < to)
    .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
}

const placeOf = (contact: JsonObject) => `${contact.updated_at} ${contact.id}`

function writeContacts(context: SimulatorContext, body: JsonObject): Response {
  const items = body.items
  if (!Array.isArray(items)) return refuse(400, 'MISSING_PARAMETER', 'items')
  if (items.length > 100) return refuse(413, 'TOO_MANY_ITEMS', 'at most 100')
  const results: JsonObject[] = []
  context.store.batch(() => {
    for (const item of items) results.push(writeContact(context, item))
  })
  return Response.json({ results })
}

function writeContact({ store, now }: SimulatorContext, item: JsonObject): JsonObject {
  const { op, email, request_id, plan, unsubscribed, ...unknown } = item
  const unknownName = Object.keys(unknown)[0]
  if (unknownName) return { ok: false, code: 'UNKNOWN_FIELD', message: `there is no field ${unknownName}` }
  if (typeof email !== 'string' || !email.includes('@'))
    return { ok: false, code: 'BAD_EMAIL', message: 'email is not an address' }
  if (typeof request_id !== 'string') return { ok: false, code: 'MISSING_FIELD', message: 'request_id' }
  if (!['string', 'undefined'].includes(typeof (plan ?? undefined)))
    return { ok: false, code: 'WRONG_TYPE', message: 'plan is a text' }
  if (!['boolean', 'undefined'].includes(typeof (unsubscribed ?? undefined)))
    return { ok: false, code: 'WRONG_TYPE', message: 'unsubscribed is true or false' }
  const known = [...store.all('contact')].find(([, contact]) => contact.email === email.toLowerCase())
  const id = known?.[0] ?? `c_${String(10_000_000 + store.next('contact'))}`
  const before = known?.[1] ?? {
    id,
    email: email.toLowerCase(),
    score: '0',
    plan: null,
    unsubscribed: false,
    deleted: false,
  }
  const change = {
    ...(plan === undefined ? {} : { plan }),
    ...(unsubscribed === undefined ? {} : { unsubscribed }),
    deleted: op === 'delete',
  }
  if (op !== 'upsert' && op !== 'delete') return { ok: false, code: 'WRONG_TYPE', message: 'op is upsert or delete' }
  if (op === 'upsert' || known) store.put('contact', id, { ...before, ...change, updated_at: now().toISOString() })
  return { ok: true }
}

const refuse = (status: number, code: string, message: string) =>
  Response.json({ error: { code, message } }, { status })

const sandboxKey = 'acme_sandbox_key_of_millrace'
const pageSize = 50
