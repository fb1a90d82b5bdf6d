import type { JsonObject } from 'millrace'
import { destinationKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import hubspot from '../../../connectors/hubspot/index.ts'
import simulator from '../../../connectors/hubspot/sandbox.ts'

const kit = { describe, it, connector: hubspot, simulator, keys: { requests_per_10_seconds: 10_000 } }
const fieldsOf = ({ properties }: JsonObject) => properties as JsonObject // as the simulator keeps a record

destinationKit({
  ...kit,
  object: 'contact',
  match: 'email',
  fieldsOf,
  fields: (n, version) => ({
    email: `K${n}@Kit.example`,
    firstname: `Ünïcødé 名 ${n} 😀`,
    account_status: version === 0 ? 'trialing' : 'active',
    is_customer: version !== 0,
    score: n + version,
  }),
  refuse: async (vendor, change) => {
    await vendor.setFault('bad_items', { ids: [change.key], times: 1 })
    return change
  },
})

destinationKit({
  ...kit,
  object: 'contact',
  match: 'person_id',
  fieldsOf,
  // A list is one text there, with semicolons.
  unseen: ['interests'],
  fields: (n, version) => ({
    person_id: `K-${n}`,
    email: `k${n}@kit.example`,
    interests: version === 0 ? ['chocolate'] : ['vanilla', 'strawberry'],
    jobtitle: 'x'.repeat(40_000),
  }),
  // An address that HubSpot does not take.
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, email: 'nobody' } }),
})

destinationKit({
  ...kit,
  object: 'company',
  match: 'account_ref',
  fieldsOf,
  fields: (n, version) => ({ account_ref: `K-${n}`, name: `Company ${n}`, arr: version, domain: `k${n}.example` }),
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, industry: 'NONSENSE' } }),
})

destinationKit({
  ...kit,
  object: 'p14520000_machine',
  heldAs: 'machine',
  match: 'serial_number',
  fieldsOf,
  fields: (n, version) => ({ serial_number: `M-${n}`, model: 'Breastshot', installed_on: `202${version}-05-01` }),
  refuse: async (vendor, change) => {
    await vendor.setFault('bad_items', { ids: [change.key], times: 1 })
    return change
  },
})

destinationKit({
  ...kit,
  object: 'subscription',
  match: 'email',
  fieldsOf: ({ subscriberIdString: email, subscriptionId: subscription_id, status }) => ({
    email: email ?? null,
    subscription_id: subscription_id ?? null,
    status: status ?? null,
  }),
  fields: (n, version) => ({
    email: `k${n}@kit.example`,
    subscription_id: '301',
    status: version === 0 ? 'UNSUBSCRIBED' : 'SUBSCRIBED',
  }),
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, subscription_id: '999' } }),
})
