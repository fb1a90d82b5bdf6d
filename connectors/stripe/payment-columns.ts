/** The published fields of what money moves through. See columns.ts. */
import { declareColumns } from './columns.ts'

// https://docs.stripe.com/api/payment_intents/object : not `client_secret`, with which a payment can be completed
export const paymentIntent = declareColumns({
  string: `id object application cancellation_reason capture_method confirmation_method currency customer customer_account
    description latest_charge on_behalf_of payment_method payment_record receipt_email review setup_future_usage source
    statement_descriptor statement_descriptor_suffix status transfer_group`,
  integer: 'amount amount_capturable amount_received application_fee_amount',
  boolean: 'livemode',
  timestamp: 'canceled_at created',
  json: `allowed_payment_method_types amount_details automatic_payment_methods excluded_payment_method_types hooks
    last_payment_error managed_payments metadata next_action payment_details payment_method_configuration_details
    payment_method_options payment_method_types presentment_details processing shipping transfer_data`,
})

// https://docs.stripe.com/api/setup_intents/object : not `client_secret`
export const setupIntent = declareColumns({
  string: `id object application cancellation_reason customer customer_account description latest_attempt mandate
    on_behalf_of payment_method single_use_mandate status usage`,
  boolean: 'attach_to_self livemode',
  timestamp: 'created',
  json: `allowed_payment_method_types automatic_payment_methods excluded_payment_method_types flow_directions
    last_setup_error managed_payments metadata next_action payment_method_configuration_details payment_method_options
    payment_method_types`,
})

// https://docs.stripe.com/api/refunds/object
export const refund = declareColumns({
  string: `id object balance_transaction charge currency customer customer_account description
    failure_balance_transaction failure_reason instructions_email payment_intent payment_method pending_reason reason
    receipt_number source_transfer_reversal status transfer_reversal`,
  integer: 'amount',
  timestamp: 'created',
  json: 'destination_details metadata next_action presentment_details',
})

// https://docs.stripe.com/api/disputes/object
export const dispute = declareColumns({
  string: `id object charge currency intended_submission_method network_reason_code payment_intent reason status`,
  integer: 'amount',
  boolean: 'is_charge_refundable livemode',
  timestamp: 'created',
  json: 'balance_transactions enhanced_eligibility_types evidence evidence_details metadata payment_method_details',
})

// https://docs.stripe.com/api/balance_transactions/object
export const balanceTransaction = declareColumns({
  string: 'id object balance_type currency description reporting_category source status type',
  integer: 'amount fee net',
  'decimal(38,12)': 'exchange_rate',
  timestamp: 'available_on created',
  json: 'fee_details',
})

// https://docs.stripe.com/api/payouts/object
export const payout = declareColumns({
  string: `id object application_fee balance_transaction currency description destination failure_balance_transaction
    failure_code failure_message method original_payout payout_method reconciliation_status reversed_by source_type
    statement_descriptor status type`,
  integer: 'amount application_fee_amount',
  boolean: 'automatic livemode',
  timestamp: 'arrival_date created',
  json: 'metadata trace_id',
})

// https://docs.stripe.com/api/checkout/sessions/object : not `client_secret`; `line_items` is a child stream
export const checkoutSession = declareColumns({
  string: `id object billing_address_collection cancel_url client_reference_id currency customer customer_account
    customer_creation customer_email integration_identifier invoice locale mode origin_context payment_intent payment_link
    payment_method_collection payment_status recovered_from redirect_on_completion return_url setup_intent status
    submit_type subscription success_url ui_mode url`,
  integer: 'amount_subtotal amount_total',
  boolean: 'allow_promotion_codes livemode',
  timestamp: 'created expires_at',
  json: `adaptive_pricing after_expiration allowed_payment_method_types automatic_tax branding_settings
    collected_information consent consent_collection currency_conversion custom_fields custom_text customer_details
    discounts excluded_payment_method_types invoice_creation managed_payments metadata name_collection optional_items
    payment_method_configuration_details payment_method_options payment_method_types permissions phone_number_collection
    presentment_details saved_payment_method_options shipping_address_collection shipping_cost shipping_options
    tax_id_collection total_details wallet_options`,
})

// https://docs.stripe.com/api/checkout/sessions/line_items : `checkout_session` is ours, since the vendor's has no parent
export const checkoutLine = declareColumns({
  string: 'id object checkout_session currency description',
  integer: 'amount_discount amount_subtotal amount_tax amount_total quantity',
  json: 'adjustable_quantity discounts metadata price taxes',
})
