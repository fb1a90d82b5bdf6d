import type { LogicalType } from 'millrace'

/** Vendor field → type. */
export type Columns = { readonly [field: string]: LogicalType }

/** Fields by type, each group as words, in the vendor's names. */
type Groups = { readonly [type in LogicalType]?: string }

/**
 * The published fields of an object at the pinned API version. What comes only when it is expanded is not here, unless
 * the stream expands it. Instants are unix seconds, which a `timestamp` column takes as they are.
 */
export function declareColumns(groups: Groups): Columns {
  const columns: Record<string, LogicalType> = {}
  for (const type of typeOrder)
    for (const field of groups[type]?.split(/\s+/).filter(Boolean) ?? []) columns[field] = type
  // Which change brought the row (null: a list did), and the API version that it was read in.
  return { ...columns, _event_id: 'string', _event_type: 'string', _api_version: 'string' }
}

const typeOrder = ['string', 'integer', 'decimal(38,12)', 'boolean', 'timestamp', 'json'] as const

// https://docs.stripe.com/api/customers/object
export const customer = declareColumns({
  string: `id object business_name currency customer_account default_source description email individual_name invoice_prefix
    name phone tax_exempt test_clock`,
  integer: 'balance next_invoice_sequence',
  boolean: 'delinquent livemode',
  timestamp: 'created',
  json: 'address discount invoice_settings metadata preferred_locales shipping',
})

// https://docs.stripe.com/api/products/object
export const product = declareColumns({
  string: 'id object default_price description name statement_descriptor tax_code type unit_label url',
  boolean: 'active livemode shippable',
  timestamp: 'created updated',
  json: 'images marketing_features metadata package_dimensions tax_details',
})

// https://docs.stripe.com/api/prices/object
export const price = declareColumns({
  string: 'id object billing_scheme currency lookup_key nickname product tax_behavior tiers_mode type',
  integer: 'unit_amount',
  'decimal(38,12)': 'unit_amount_decimal',
  boolean: 'active livemode',
  timestamp: 'created',
  json: 'currency_options custom_unit_amount metadata recurring tiers transform_quantity',
})

// https://docs.stripe.com/api/subscriptions/object : `items` is a child stream
export const subscription = declareColumns({
  string: `id object application collection_method currency customer customer_account default_payment_method default_source
    description latest_invoice on_behalf_of pending_setup_intent schedule status test_clock`,
  integer: 'days_until_due',
  'decimal(38,12)': 'application_fee_percent',
  boolean: 'cancel_at_period_end livemode',
  timestamp: `billing_cycle_anchor cancel_at canceled_at created ended_at next_pending_invoice_item_invoice start_date
    trial_end trial_start`,
  json: `automatic_tax billing_cycle_anchor_config billing_mode billing_schedules billing_thresholds cancellation_details
    default_tax_rates discounts invoice_settings managed_payments metadata pause_collection payment_settings
    pending_invoice_item_interval pending_update presentment_details status_details transfer_data trial_settings`,
})

// https://docs.stripe.com/api/subscription_items/object
export const subscriptionItem = declareColumns({
  string: 'id object subscription',
  integer: 'quantity',
  timestamp: 'billed_until created current_period_end current_period_start',
  json: 'billing_thresholds current_trial discounts metadata plan price tax_rates',
})

// https://docs.stripe.com/api/invoices/object : `lines` is a child stream
export const invoice = declareColumns({
  string: `id object account_country account_name application billing_reason collection_method currency customer
    customer_account customer_email customer_name customer_phone customer_tax_exempt default_payment_method default_source
    description footer hosted_invoice_url invoice_pdf latest_revision number on_behalf_of receipt_number
    statement_descriptor status test_clock`,
  integer: `amount_due amount_overpaid amount_paid amount_paid_off_stripe amount_remaining amount_shipping attempt_count
    ending_balance post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance subtotal
    subtotal_excluding_tax total total_excluding_tax`,
  boolean: 'attempted auto_advance livemode',
  timestamp: `automatically_finalizes_at created due_date effective_at next_payment_attempt period_end period_start
    webhooks_delivered_at`,
  json: `account_tax_ids automatic_tax custom_fields customer_address customer_shipping customer_tax_ids default_tax_rates
    discounts from_invoice issuer last_finalization_error metadata parent payment_settings rendering shipping_cost
    shipping_details status_details status_transitions threshold_reason total_discount_amounts
    total_pretax_credit_amounts total_taxes`,
})

// https://docs.stripe.com/api/invoice-line-item/object
export const invoiceLine = declareColumns({
  string: 'id object currency description invoice subscription',
  integer: 'amount quantity subtotal',
  'decimal(38,12)': 'quantity_decimal',
  boolean: 'discountable livemode',
  json: 'discount_amounts discounts metadata parent period pretax_credit_amounts pricing taxes',
})

// https://docs.stripe.com/api/charges/object
export const charge = declareColumns({
  string: `id object application application_fee authorization_code balance_transaction calculated_statement_descriptor
    currency customer description failure_balance_transaction failure_code failure_message on_behalf_of payment_intent
    payment_method receipt_email receipt_number receipt_url review source_transfer statement_descriptor
    statement_descriptor_suffix status transfer transfer_group`,
  integer: 'amount amount_captured amount_refunded application_fee_amount',
  boolean: 'captured disputed livemode paid refunded',
  timestamp: 'created',
  json: `billing_details fraud_details level3 metadata outcome payment_method_details presentment_details radar_options
    shipping source transfer_data`,
})
