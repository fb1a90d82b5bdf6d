/**
 * Customer.io on 127.0.0.1: the Track API (region, v2 entity and batch) and the App API's reading of people and objects.
 * https://docs.customer.io/integrations/api/track/ and https://docs.customer.io/integrations/api/app/
 */
import { Hono } from 'hono'
import { simulator, type SimulatorContext } from 'millrace/sandbox'
import { authorise, sandboxCredentials } from './sandbox/credentials.ts'
import { findByEmail, listObjectTypes, readObject, readPeople, readPerson } from './sandbox/app-api.ts'
import { takeBatch, takeEntity } from './sandbox/batch.ts'
import { createQueue } from './sandbox/late.ts'
import { limitRate } from './sandbox/rate.ts'
import { playDay, seedCompanies, seedPeople } from './sandbox/story.ts'

export default simulator({
  name: 'customerio',
  connection: ({ host, port }) => ({
    site_id: sandboxCredentials.siteId,
    api_key: sandboxCredentials.apiKey,
    region: sandboxCredentials.region,
    base_url: `http://${host}:${port}`,
    app_base_url: `http://${host}:${port}`,
  }),
  seed: (context) => {
    seedPeople(context)
    seedCompanies(context)
  },
  move: playDay,
  serve,
  coverage: {
    'GET /api/v1/accounts/region': ['bad_credentials', 'too_many_requests'],
    'POST /api/v2/entity': ['unknown_field', 'wrong_type', 'missing_parameter', 'bad_credentials', 'too_many_requests'],
    'POST /api/v2/batch': ['unknown_field', 'wrong_type', 'missing_parameter', 'bad_credentials', 'too_many_requests'],
    'GET /v1/customers': ['wrong_type', 'missing_parameter', 'bad_credentials', 'too_many_requests'],
    'GET /v1/customers/:id/attributes': ['wrong_type', 'bad_credentials', 'too_many_requests'],
    'POST /v1/customers/attributes': [
      'unknown_field',
      'wrong_type',
      'missing_parameter',
      'bad_credentials',
      'too_many_requests',
    ],
    'GET /v1/object_types': ['bad_credentials', 'too_many_requests'],
    'GET /v1/objects/:type/:id/attributes': ['wrong_type', 'bad_credentials', 'too_many_requests'],
  },
  faults: {
    bad_items:
      'refuses people and objects of a batch in a 207: ids (a list of identifiers), or every (each n-th item of the batch); whole (the batch with them, as a 400)',
    email_updates_off: 'the workspace does not allow updates to email using ID: such a change is a 200, and dropped',
    late: 'a 200 of the Track API is done only at the App API’s look-up number: reads',
  },
  leftOut: {
    'type: delivery': 'millrace reports no deliveries; refused as not in the sandbox',
    'person actions page, screen, add_device, delete_device; object actions identify_anonymous, event':
      'millrace does not send them; refused as not in the sandbox',
    'identify of a person: whose email is another person’s, in a workspace that merges them':
      'not documented; here it is a 200, and dropped',
    'an event of somebody who is not there, a relationship to what is not there':
      'what becomes of them is not documented; here the event stays without a person, and the relationship is a 200, and dropped',
    'identifiers.phone':
      'this workspace identifies people by id and email only, and refuses phone as such a workspace does',
    'Track API v1 but accounts/region': 'millrace does not call it; answers 404',
    'service accounts (X-Workspace-Id)': 'one workspace',
    'attributes that Customer.io makes (_last_emailed, _created_in_customerio_at)': 'nobody sends messages here',
  },
})

function serve(context: SimulatorContext) {
  const app = new Hono()
  const queue = createQueue(context)
  app.use(limitRate(context))
  app.use('/api/*', authorise('track'))
  app.use('/v1/*', authorise('app'), async (_c, next) => {
    queue.look()
    return next()
  })
  app.get('/api/v1/accounts/region', (c) =>
    c.json({ url: 'https://track-eu.customer.io', region: sandboxCredentials.region, environment_id: 3 }),
  )
  app.post('/api/v2/entity', async (c) => takeEntity(context, queue, await c.req.text()))
  app.post('/api/v2/batch', async (c) => takeBatch(context, queue, await c.req.text()))
  app.get('/v1/customers/:id/attributes', (c) => readPerson(context, c.req.param('id'), c.req.query('id_type') ?? 'id'))
  app.get('/v1/customers', (c) => findByEmail(context, c.req.query('email')))
  app.post('/v1/customers/attributes', async (c) =>
    readPeople(context, await c.req.text(), c.req.query('id_type') ?? 'id'),
  )
  app.get('/v1/object_types', () => listObjectTypes())
  app.get('/v1/objects/:type/:id/attributes', (c) =>
    readObject(context, { ...c.req.param(), idType: c.req.query('id_type') ?? 'object_id' }),
  )
  app.notFound((c) => c.json({ meta: { error: 'not found' } }, 404))
  return (request: Request) => app.fetch(request)
}
