import type { JsonObject } from 'millrace'
import type { PriceRecord } from '../records.ts'

/** https://docs.stripe.com/api/prices/object */
export const describePrice = (record: PriceRecord, expanded: ReadonlySet<string>): JsonObject => ({
  id: record.id,
  object: 'price',
  active: record.active,
  billing_scheme: record.tiered ? 'tiered' : 'per_unit',
  created: record.created,
  currency: record.currency,
  ...(expanded.has('currency_options') && {
    currency_options: {
      [record.currency]: {
        custom_unit_amount: null,
        tax_behavior: 'unspecified',
        unit_amount: record.unit_amount,
        unit_amount_decimal: record.unit_amount_decimal,
      },
    },
  }),
  custom_unit_amount: null,
  livemode: false,
  lookup_key: null,
  metadata: record.metadata,
  nickname: record.nickname,
  product: record.product,
  recurring: describeRecurring(record),
  tax_behavior: 'unspecified',
  ...(expanded.has('tiers') && record.tiered && { tiers }),
  tiers_mode: record.tiered ? 'graduated' : null,
  transform_quantity: null,
  type: record.interval ? 'recurring' : 'one_time',
  unit_amount: record.unit_amount,
  unit_amount_decimal: record.unit_amount_decimal,
})

/** The old twin of a price, which subscription items still carry. https://docs.stripe.com/api/plans/object */
export const describePlan = (record: PriceRecord, expanded: ReadonlySet<string> = new Set()): JsonObject => ({
  id: record.id,
  object: 'plan',
  active: record.active,
  amount: record.unit_amount,
  amount_decimal: record.unit_amount_decimal,
  billing_scheme: record.tiered ? 'tiered' : 'per_unit',
  created: record.created,
  currency: record.currency,
  interval: record.interval ?? 'month',
  interval_count: 1,
  livemode: false,
  metadata: record.metadata,
  meter: null,
  nickname: record.nickname,
  product: record.product,
  ...(expanded.has('tiers') && record.tiered && { tiers }),
  tiers_mode: record.tiered ? 'graduated' : null,
  transform_usage: null,
  trial_period_days: null,
  usage_type: record.usage_type,
})

const describeRecurring = ({ interval, usage_type }: PriceRecord): JsonObject | null =>
  interval === null ? null : { interval, interval_count: 1, meter: null, trial_period_days: null, usage_type }

const tiers: readonly JsonObject[] = [
  { flat_amount: null, flat_amount_decimal: null, unit_amount: 0, unit_amount_decimal: '0', up_to: 1000 },
  {
    flat_amount: null,
    flat_amount_decimal: null,
    unit_amount: null,
    unit_amount_decimal: '0.000123456789',
    up_to: null,
  },
]
