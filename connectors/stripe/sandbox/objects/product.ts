import type { JsonObject } from 'millrace'
import type { ProductRecord } from '../records.ts'

/** https://docs.stripe.com/api/products/object */
export const describeProduct = (record: ProductRecord): JsonObject => ({
  id: record.id,
  object: 'product',
  active: record.active,
  created: record.created,
  default_price: record.default_price,
  description: record.description,
  images: [],
  livemode: false,
  marketing_features: [],
  metadata: record.metadata,
  name: record.name,
  package_dimensions: null,
  shippable: null,
  statement_descriptor: null,
  tax_code: null,
  tax_details: null,
  type: 'service',
  unit_label: record.unit_label,
  updated: record.updated,
  url: null,
})
