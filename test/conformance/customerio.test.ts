import { destinationKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import customerio from '../../connectors/customerio/index.ts'
import simulator from '../../connectors/customerio/sandbox.ts'

destinationKit({
  describe,
  it,
  connector: customerio,
  simulator,
  keys: { rate_per_second: 1000 },
  object: 'person',
  match: 'id',
  fields: (n, version) => ({
    id: `K-${n}`,
    email: `k${n}@kit.example`,
    plan: version === 0 ? 'free' : 'pro',
    name: `Ünïcødé 名 ${n} 😀`,
    unsubscribed: version === 0,
    'cio_subscription_preferences.topics.topic_3': version !== 0,
  }),
  refuse: async (vendor, change) => {
    await vendor.setFault('bad_items', { ids: [change.key], times: 1 })
    return change
  },
  maxRequestBytes: 499_999,
})

destinationKit({
  describe,
  it,
  connector: customerio,
  simulator,
  keys: { rate_per_second: 1000 },
  object: 'person',
  match: 'email',
  // Rows of which the bytes and not the number fill a request.
  fields: (n, version) => ({
    email: `K${n}@Kit.example`,
    ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text_${i}`, `${version}`.repeat(990)])),
  }),
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, unsubscribed: 'yes' } }),
  maxRequestBytes: 499_999,
})
