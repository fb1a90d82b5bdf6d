/** Rows like those of real lists, always the same ones for the same number. */

/** https://docs.stripe.com/api/charges/object : about 1.5 KB without its indentation. */
export function chargeOf(n: number, id: string): object {
  const failed = n % 23 === 0
  const amount = 500 + ((n * 7919) % 90_000)
  return {
    id,
    object: 'charge',
    amount,
    amount_captured: failed ? 0 : amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: failed ? null : `txn_3${word(n, 18)}`,
    billing_details: {
      address: null,
      email: `person${n}@example.com`,
      name: `Person No. ${n}`,
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: 'ACME',
    captured: !failed,
    created: 1_760_000_000 - n * 37,
    currency: n % 3 === 0 ? 'eur' : 'usd',
    customer: `cus_${word(n, 14)}`,
    description: n % 5 === 0 ? null : `Subscription update, seat ${n % 40} of 40 – "Team" plan`,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failed ? 'card_declined' : null,
    failure_message: failed ? 'Your card was declined.' : null,
    fraud_details: {},
    livemode: true,
    metadata: { order: String(n * 13), source: 'web' },
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: failed ? 'declined_by_network' : 'approved_by_network',
      reason: failed ? 'generic_decline' : null,
      risk_level: 'normal',
      risk_score: n % 64,
      seller_message: failed ? 'The bank did not return any further details.' : 'Payment complete.',
      type: failed ? 'issuer_declined' : 'authorized',
    },
    paid: !failed,
    payment_intent: `pi_3${word(n + 1, 20)}`,
    payment_method: `pm_1${word(n + 2, 20)}`,
    payment_method_details: {
      card: {
        amount_authorized: amount,
        brand: 'visa',
        country: 'FI',
        exp_month: 1 + (n % 12),
        exp_year: 2027 + (n % 5),
        fingerprint: word(n, 16),
        funding: 'credit',
        installments: null,
        last4: String(1000 + (n % 9000)),
        network: 'visa',
        three_d_secure: null,
        wallet: null,
      },
      type: 'card',
    },
    receipt_email: `person${n}@example.com`,
    receipt_number: null,
    receipt_url: `https://pay.stripe.com/receipts/${word(n + 3, 16)}`,
    refunded: false,
    review: null,
    shipping: null,
    source_transfer: null,
    statement_descriptor: null,
    status: failed ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: null,
  }
}

/** A small row: about 300 bytes without its indentation. */
export function contactOf(n: number, id: string): object {
  return {
    id,
    email: `person${n}@example.com`,
    name: `Person No. ${n}`,
    plan: n % 4 === 0 ? 'team' : 'free',
    seats: n % 40,
    balance: `${n % 1000}.${String(n % 100).padStart(2, '0')}`,
    subscribed: n % 2 === 0,
    updated: 1_760_000_000 - n,
    tags: ['eu', word(n, 8)],
    note: `wrote on day ${n % 365}: ${word(n, 60)}`,
  }
}

/** Letters and digits that look random and are not. */
function word(seed: number, length: number): string {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text.slice(0, length)
}
