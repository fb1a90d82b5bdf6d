import type { JsonObject } from 'millrace'

export const accountId = 'acct_1MillraceSandbox'

/** https://docs.stripe.com/api/accounts/object : one's own account */
export const account: JsonObject = {
  id: accountId,
  object: 'account',
  business_profile: {
    mcc: null,
    name: 'Acme, Inc.',
    support_email: null,
    support_phone: null,
    support_url: null,
    url: 'https://acme.test',
  },
  business_type: null,
  capabilities: { card_payments: 'active', transfers: 'active' },
  charges_enabled: true,
  controller: { type: 'account' },
  country: 'US',
  default_currency: 'usd',
  details_submitted: true,
  email: 'billing@acme.test',
  payouts_enabled: true,
  settings: { dashboard: { display_name: 'Acme', timezone: 'Etc/UTC' }, payments: { statement_descriptor: 'ACME' } },
  type: 'standard',
}
