import type { JsonObject } from 'millrace'
import type { CouponRecord, PromotionCodeRecord, TaxRateRecord } from '../records-catalogue.ts'

/** https://docs.stripe.com/api/coupons/object */
export const describeCoupon = (record: CouponRecord, expand: ReadonlySet<string>): JsonObject => ({
  id: record.id,
  object: 'coupon',
  amount_off: record.amount_off,
  ...(expand.has('applies_to') && record.products.length > 0 && { applies_to: { products: record.products } }),
  created: record.created,
  currency: record.currency,
  ...(expand.has('currency_options') &&
    record.currency !== null && { currency_options: { [record.currency]: { amount_off: record.amount_off } } }),
  duration: record.duration,
  duration_in_months: record.duration === 'repeating' ? 3 : null,
  livemode: false,
  max_redemptions: record.max_redemptions,
  metadata: record.metadata,
  name: record.name,
  percent_off: record.percent_off,
  redeem_by: null,
  times_redeemed: record.times_redeemed,
  valid: record.max_redemptions === null || record.times_redeemed < record.max_redemptions,
})

/** https://docs.stripe.com/api/promotion_codes/object */
export const describePromotionCode = (record: PromotionCodeRecord): JsonObject => ({
  id: record.id,
  object: 'promotion_code',
  active: record.active,
  code: record.code,
  created: record.created,
  customer: record.customer,
  customer_account: null,
  expires_at: record.expires_at,
  livemode: false,
  max_redemptions: record.max_redemptions,
  metadata: {},
  promotion: { coupon: record.coupon, type: 'coupon' },
  restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
  times_redeemed: record.times_redeemed,
})

/** https://docs.stripe.com/api/tax_rates/object */
export const describeTaxRate = (record: TaxRateRecord): JsonObject => ({
  id: record.id,
  object: 'tax_rate',
  active: record.active,
  country: record.country,
  created: record.created,
  description: record.description,
  display_name: record.display_name,
  effective_percentage: record.percentage,
  flat_amount: null,
  inclusive: record.inclusive,
  jurisdiction: record.country,
  jurisdiction_level: 'country',
  livemode: false,
  metadata: {},
  percentage: record.percentage,
  rate_type: 'percentage',
  state: null,
  tax_type: record.display_name === 'VAT' ? 'vat' : 'sales_tax',
})
