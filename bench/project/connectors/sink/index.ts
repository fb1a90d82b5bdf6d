import { connector, object, z } from 'millrace'

/** Takes a hundred people a request; bench/sink-server.ts answers each 5 ms later. */
export default connector({
  name: 'sink',
  config: z.strictObject({ base_url: z.url() }),
  http: ({ config }) => ({ baseUrl: config.base_url, ratePerSecond: 1_000_000 }),
  check: ({ http, signal }) => http.get('/check', { signal }),
  objects: {
    person: object({
      docs: 'https://example.com/sink',
      delivery: 'idempotent',
      match: { person_id: { normalise: 'exact' } },
      fields: {
        person_id: 'string',
        email: 'string',
        plan: 'string',
        balance: 'number',
        seats: 'number',
      },
      operations: ['upsert'],
      batch: { rows: 100, bytes: 1_000_000 },
      concurrency: 8,
      async write(changes, { http, signal }) {
        const people = changes.map(({ fields }) => fields)
        await http.post('/people', { people }, { signal })
        return changes.map(() => ({ outcome: 'ok' as const }))
      },
    }),
  },
})
