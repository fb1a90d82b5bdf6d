/** The published fields of what is billed, and of the catalogue. See columns.ts. */
import { declareColumns } from './columns.ts'

// https://docs.stripe.com/api/invoiceitems/object : created at `date`
export const invoiceItem = declareColumns({
  string: 'id object currency customer customer_account description invoice test_clock',
  integer: 'amount net_amount quantity',
  'decimal(38,12)': 'quantity_decimal',
  boolean: 'discountable livemode proration',
  timestamp: 'date',
  json: 'discounts frozen_fields invoicing_rules metadata parent period pricing proration_details tax_rates',
})

// https://docs.stripe.com/api/subscription_schedules/object
export const subscriptionSchedule = declareColumns({
  string: `id object application customer customer_account end_behavior released_subscription status subscription
    test_clock`,
  boolean: 'livemode',
  timestamp: 'canceled_at completed_at created released_at',
  json: 'billing_mode current_phase default_settings metadata pause_schedules phases',
})

// https://docs.stripe.com/api/plans/object
export const plan = declareColumns({
  string: 'id object billing_scheme currency interval meter nickname product tiers_mode usage_type',
  integer: 'amount interval_count trial_period_days',
  'decimal(38,12)': 'amount_decimal',
  boolean: 'active livemode',
  timestamp: 'created',
  json: 'metadata tiers transform_usage',
})

// https://docs.stripe.com/api/coupons/object
export const coupon = declareColumns({
  string: 'id object currency duration name',
  integer: 'amount_off duration_in_months max_redemptions times_redeemed',
  'decimal(38,12)': 'percent_off',
  boolean: 'livemode valid',
  timestamp: 'created redeem_by',
  json: 'applies_to currency_options metadata',
})

// https://docs.stripe.com/api/promotion_codes/object
export const promotionCode = declareColumns({
  string: 'id object code customer customer_account',
  integer: 'max_redemptions times_redeemed',
  boolean: 'active livemode',
  timestamp: 'created expires_at',
  json: 'metadata promotion restrictions',
})

// https://docs.stripe.com/api/credit_notes/object : `lines` is a child stream
export const creditNote = declareColumns({
  string: `id object currency customer customer_account customer_balance_transaction invoice memo number pdf reason
    status type`,
  integer: `amount amount_shipping discount_amount out_of_band_amount post_payment_amount pre_payment_amount subtotal
    subtotal_excluding_tax total total_excluding_tax`,
  boolean: 'livemode',
  timestamp: 'created effective_at voided_at',
  json: 'discount_amounts metadata pretax_credit_amounts refunds shipping_cost total_taxes',
})

// https://docs.stripe.com/api/credit_notes/line_item : `credit_note` and `currency` are ours, of the parent
export const creditNoteLine = declareColumns({
  string: 'id object credit_note currency description invoice_line_item type',
  integer: 'amount discount_amount quantity unit_amount',
  'decimal(38,12)': 'unit_amount_decimal',
  boolean: 'livemode',
  json: 'discount_amounts metadata pretax_credit_amounts tax_rates taxes',
})

// https://docs.stripe.com/api/tax_rates/object
export const taxRate = declareColumns({
  string: 'id object country description display_name jurisdiction jurisdiction_level rate_type state tax_type',
  'decimal(38,12)': 'effective_percentage percentage',
  boolean: 'active inclusive livemode',
  timestamp: 'created',
  json: 'flat_amount metadata',
})
