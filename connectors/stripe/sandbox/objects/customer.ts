import type { JsonObject } from 'millrace'
import type { CustomerRecord } from '../records.ts'

/** https://docs.stripe.com/api/customers/object */
export const describeCustomer = (record: CustomerRecord): JsonObject => ({
  id: record.id,
  object: 'customer',
  address: { city: null, country: record.country, line1: null, line2: null, postal_code: null, state: null },
  balance: 0,
  business_name: record.name,
  created: record.created,
  currency: record.currency,
  customer_account: null,
  default_source: null,
  delinquent: record.delinquent,
  description: null,
  discount: null,
  email: record.email,
  individual_name: null,
  invoice_prefix: record.id.slice(4, 12).toUpperCase(),
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: record.metadata,
  name: record.name,
  next_invoice_sequence: record.next_invoice_sequence,
  phone: record.phone,
  preferred_locales: [],
  shipping: null,
  tax_exempt: 'none',
  test_clock: record.test_clock ?? null,
})
