// What writing a connector should feel like: a made-up CRM with one stream and one object, by public imports only.
import { connector, object, stream, z } from 'millrace'

const config = z.strictObject({
  api_key: z.string().meta({ secret: true, description: 'Settings → API → Private key' }),
  base_url: z.url().default('https://api.acme-crm.com'),
})
const page = { kind: 'cursor', param: 'after', next: 'paging.next' } as const

export default connector({
  name: 'acme_crm',
  config,
  http: ({ config }) => ({ baseUrl: config.base_url, bearer: config.api_key, ratePerSecond: 50 }),
  check: ({ http, signal }) => http.get('/v2/ping', { signal, docs: 'https://docs.acme-crm.com/api/ping' }),

  streams: {
    // Newest first. Soft deletes stay listed for 30 days; the upper bound is exclusive.
    contacts: stream({
      docs: 'https://docs.acme-crm.com/api/contacts#list',
      key: ['id'],
      version: 'updated_at',
      order: 'none',
      columns: { id: 'string', email: 'string', score: 'decimal(38,4)', updated_at: 'timestamp', deleted: 'boolean' },
      deletedWhen: { column: 'deleted', is: 'true' },
      list: { path: '/v2/contacts', records: 'data', since: 'updated_after', until: 'updated_before', page },
      count: { path: '/v2/contacts/count', value: 'total', since: 'updated_after', until: 'updated_before' },
    }),
  },

  objects: {
    contact: object({
      docs: 'https://docs.acme-crm.com/api/contacts#batch-upsert',
      delivery: 'idempotent',
      match: { email: { normalise: 'lower' } },
      fields: { email: 'string', plan: 'string', unsubscribed: { type: 'boolean', optOut: true } },
      operations: ['upsert', 'delete'],
      batch: { rows: 100, bytes: 1_000_000 },
      async write(changes, { http, signal }) {
        const items = changes.map((c) => ({ op: c.op, ...c.fields, email: c.key, request_id: c.idempotencyKey }))
        const { results } = await http.post<Answer>('/v2/contacts/batch', { items }, { signal })
        return results.map((r) =>
          r.ok ? { outcome: 'ok' } : { ...r, outcome: 'rejected', retryable: r.code === 'LOCKED' },
        )
      },
    }),
  },
})

type Answer = { results: { ok: boolean; code: string; message: string }[] }
