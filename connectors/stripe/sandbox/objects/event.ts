import type { JsonObject } from 'millrace'
import type { EventRecord, Records } from '../records.ts'
import { olderVersion } from '../versions.ts'

type DescribeOlder = (stored: keyof Records, record: Records[keyof Records]) => JsonObject

/**
 * https://docs.stripe.com/api/events/object : the payload is the object of that moment, in the account's own API version
 * and not in the one that the request asks for; nothing in it is ever expanded.
 */
export const describeEvent = (record: EventRecord, describeOlder: DescribeOlder): JsonObject => ({
  id: record.id,
  object: 'event',
  api_version: olderVersion.name,
  created: record.created,
  data: {
    // What `recordEvent` was given under this name.
    object: describeOlder(record.stored, record.object as unknown as Records[keyof Records]),
    ...(record.type.endsWith('.updated') && { previous_attributes: {} }),
  },
  livemode: false,
  pending_webhooks: 0,
  request: { id: null, idempotency_key: null },
  type: record.type,
})
