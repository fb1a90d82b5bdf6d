import type { JsonObject } from 'millrace'
import { destinationKit, type DestinationKitOptions } from 'millrace/testing'
import { describe, it } from 'vitest'
import customerio from '../../connectors/customerio/index.ts'
import { sandboxCredentials } from '../../connectors/customerio/sandbox/credentials.ts'
import simulator from '../../connectors/customerio/sandbox.ts'

/** Attributes beside what the record itself has, and what is inside them by its path, too. */
const fieldsOf = ({ attributes, ...record }: JsonObject): JsonObject => ({
  ...pathsOf(Object(attributes) as JsonObject), // as the simulator keeps them
  ...pathsOf(record),
})

const pathsOf = (value: JsonObject): JsonObject => ({
  ...value,
  ...Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === 'object' && inner !== null
        ? Object.entries(pathsOf(inner as JsonObject)).map(([path, leaf]) => [`${name}.${path}`, leaf] as const) // a list has its places
        : [],
    ),
  ),
})

destinationKit({
  describe,
  it,
  connector: customerio,
  simulator,
  keys: { rate_per_second: 1000 },
  object: 'person',
  match: 'id',
  fieldsOf,
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
  fieldsOf,
  // Rows of which the bytes and not the number fill a request.
  fields: (n, version) => ({
    email: `K${n}@Kit.example`,
    ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text_${i}`, `${version}`.repeat(990)])),
  }),
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, unsubscribed: 'yes' } }),
  maxRequestBytes: 499_999,
})

const kit = {
  describe,
  it,
  connector: customerio,
  simulator,
  keys: { rate_per_second: 1000 },
  maxRequestBytes: 499_999,
}
const refuseByFault: DestinationKitOptions['refuse'] = async (vendor, change) => {
  await vendor.setFault('bad_items', { ids: [String(change.fields['identifiers.id'] ?? change.key)], times: 1 })
  return change
}

destinationKit({
  ...kit,
  // What was taken is read back, and the App API's ten requests a second are waited for.
  keys: { rate_per_second: 1000, app_api_key: sandboxCredentials.appKey, settle_seconds: 0 },
  object: 'person',
  match: 'email',
  fieldsOf,
  fields: (n, version) => ({ email: `k${n}@kit.example`, plan: `p${version}`, unsubscribed: version === 0 }),
  refuse: refuseByFault,
  reads: /^POST \/v1\/customers\/attributes\?/,
})

destinationKit({
  ...kit,
  object: 'event',
  match: 'event_id',
  fields: (n, version) => ({
    event_id: `E-${n}`,
    name: 'order placed',
    timestamp: 1_790_000_000 + n,
    'identifiers.id': `P-${String(n).padStart(6, '0')}`,
    attributes: { items: [n, { of: 'Ünïcødé 名 😀' }] },
    'attributes.total': version,
  }),
  refuse: refuseByFault,
})

destinationKit({
  ...kit,
  object: 'object',
  match: 'object_id',
  fieldsOf,
  options: { object_type_id: '1' },
  fields: (n, version) => ({
    object_id: `K-${n}`,
    name: `Ünïcødé 名 ${n} 😀`,
    seats: version,
    plan: { of: [version] },
  }),
  refuse: refuseByFault,
})

destinationKit({
  ...kit,
  object: 'relationship',
  match: 'identifiers.id',
  options: { object_type_id: '1' },
  // The people and the company of the sandbox; the others are not there, and nothing comes of them.
  fields: (n, version) => ({
    'identifiers.id': `P-${String(n + 1).padStart(6, '0')}`,
    object_id: 'C-000001',
    'relationship_attributes.role': version === 0 ? 'admin' : 'member',
  }),
  refuse: refuseByFault,
})

destinationKit({
  ...kit,
  object: 'suppression',
  match: 'id',
  heldAs: 'suppressed',
  fields: (n) => ({ id: `P-${String(n + 1).padStart(6, '0')}` }),
  refuse: refuseByFault,
})
