import { connector, downloadTo, stream, z, type Context, type ScanItem, type StreamDefinition } from 'millrace'

const contactColumns = {
  id: 'string',
  email: 'string',
  name: 'string',
  plan: 'string',
  seats: 'integer',
  balance: 'decimal(38,2)',
  subscribed: 'boolean',
  updated: 'timestamp',
  tags: 'json',
  note: 'string',
} as const

/** Lists as Stripe has them, and a bulk export's files, from bench/page-server.ts. */
export default connector({
  name: 'pages',
  config: z.strictObject({ base_url: z.url() }),
  http: ({ config }) => ({ baseUrl: config.base_url, ratePerSecond: 1_000_000 }),
  check: ({ http, signal }) => http.get('/v1/check', { signal }),
  streams: {
    charges: stream({
      docs: 'https://docs.stripe.com/api/charges/list',
      key: ['id'],
      order: 'none',
      columns: {
        id: 'string',
        object: 'string',
        amount: 'integer',
        amount_captured: 'integer',
        amount_refunded: 'integer',
        application: 'string',
        application_fee: 'string',
        application_fee_amount: 'integer',
        balance_transaction: 'string',
        billing_details: 'json',
        calculated_statement_descriptor: 'string',
        captured: 'boolean',
        created: 'timestamp',
        currency: 'string',
        customer: 'string',
        description: 'string',
        disputed: 'boolean',
        failure_code: 'string',
        failure_message: 'string',
        fraud_details: 'json',
        livemode: 'boolean',
        metadata: 'json',
        on_behalf_of: 'string',
        outcome: 'json',
        paid: 'boolean',
        payment_intent: 'string',
        payment_method: 'string',
        payment_method_details: 'json',
        receipt_email: 'string',
        receipt_number: 'string',
        receipt_url: 'string',
        refunded: 'boolean',
        review: 'string',
        shipping: 'json',
        source_transfer: 'string',
        statement_descriptor: 'string',
        status: 'string',
        transfer_data: 'json',
        transfer_group: 'string',
      },
      list: {
        path: '/v1/charges',
        records: 'data',
        page: { kind: 'after', param: 'starting_after', field: 'id', more: 'has_more' },
      },
    }),
    contacts: contacts('/v1/contacts'),
    ...Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`small_${String(n + 1).padStart(2, '0')}`, contacts(`/v1/small/${n}`)]),
    ),
    bulk_contacts: stream({
      docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm',
      key: ['id'],
      order: 'none',
      columns: contactColumns,
      read: (_scan, context) => readFiles(context),
    }),
  },
})

function contacts(path: string): StreamDefinition {
  return stream({
    docs: 'https://docs.stripe.com/api/customers/list',
    key: ['id'],
    order: 'none',
    columns: contactColumns,
    list: { path, records: 'data', page: { kind: 'after', param: 'starting_after', field: 'id', more: 'has_more' } },
  })
}

/** Each file straight onto disk: its rows never become JavaScript. */
async function* readFiles({ http, host, signal }: Context): AsyncGenerator<ScanItem> {
  const { files } = await http.get<{ files: { url: string; rows: number }[] }>('/bulk', { signal })
  for (const [n, { url, rows }] of files.entries()) {
    const path = host.spoolPath(`${n}.csv`)
    const readAt = new Date()
    await host.call({ label: 'GET file', docs: url, signal }, (attempt) =>
      downloadTo(path, { url, signal: attempt, maxBytes: 1024 ** 3 }),
    )
    yield { kind: 'file', path, format: 'csv', rows, readAt }
    yield { kind: 'checkpoint', resume: n }
  }
}
