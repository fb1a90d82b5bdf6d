import { sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import stripe from '../../connectors/stripe/index.ts'
import simulator from '../../connectors/stripe/sandbox.ts'

sourceKit({
  describe,
  it,
  connector: stripe,
  simulator,
  keys: { rate_per_second: 1000 },
  streams: ['customers', 'products', 'prices', 'subscriptions', 'invoices', 'charges'],
})
