/**
 * Customer.io on 127.0.0.1: the Track API (region, v2 entity and batch) and what of the App API is read.
 * https://docs.customer.io/integrations/api/track/ and https://docs.customer.io/integrations/api/app/
 */
import { Hono } from 'hono'
import { simulator, type SimulatorContext } from 'millrace/sandbox'
import { authorise, sandboxCredentials } from './sandbox/credentials.ts'
import { findByEmail, listObjectTypes, readObject, readPeople, readPerson } from './sandbox/app-api.ts'
import { takeBatch, takeEntity } from './sandbox/batch.ts'
import { coverage } from './sandbox/coverage.ts'
import { moveDeliveries, seedDeliveries } from './sandbox/deliveries.ts'
import { createQueue } from './sandbox/late.ts'
import { leftOut } from './sandbox/left-out.ts'
import { seedMarketing } from './sandbox/marketing.ts'
import { limitRate } from './sandbox/rate.ts'
import { serveSource } from './sandbox/source-api.ts'
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
    seedMarketing(context)
    seedDeliveries(context)
  },
  move(context, day) {
    playDay(context, day)
    moveDeliveries(context, day)
  },
  serve,
  coverage,
  faults: {
    rate_limit: {
      does: 'the vendor’s own refusal for too many requests: retry_after (seconds)',
      keys: { retry_after: { least: 0 } },
    },
    bad_items: {
      does: 'refuses people and objects of a batch in a 207: ids (a list of identifiers), or every (each n-th item of the batch); whole (the batch with them, as a 400)',
      keys: { ids: 'list', every: { least: 1, isWhole: true }, whole: 'flag' },
      needs: ['ids', 'every'],
    },
    email_updates_off: 'the workspace does not allow updates to email using ID: such a change is a 200, and dropped',
    late: {
      does: 'a 200 of the Track API is done only at the App API’s look-up number: reads',
      keys: { reads: { least: 1, isWhole: true } },
      needs: ['reads'],
    },
    export_pending: {
      does: 'an export is pending for so many questions: polls',
      keys: { polls: { least: 0, isWhole: true } },
      needs: ['polls'],
    },
    export_fails: 'an export that is asked for fails',
    export_gone: 'Customer.io does not know the export any more',
    expired_link: 'the link to an export’s file has expired',
    cut_file: {
      does: 'the file has half of its rows; with within: true it ends in the middle of one',
      keys: { within: 'flag' },
    },
    lost_tokens: 'the token of a page is not known any more',
    empty_page: 'a page comes with nothing in it, and is not the last',
    stuck_page: 'the first page comes again, whatever token was sent',
    missing_scope: 'the App API key has not the scope for it',
  },
  leftOut,
})

function serve(context: SimulatorContext) {
  const app = new Hono()
  const queue = createQueue(context)
  app.use(limitRate(context))
  app.use('/api/*', authorise('track', context))
  app.use('/v1/*', authorise('app', context), async (_c, next) => {
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
  serveSource(app, context)
  app.notFound((c) => c.json({ meta: { error: 'not found' } }, 404))
  return (request: Request) => app.fetch(request)
}
