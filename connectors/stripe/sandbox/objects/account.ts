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
  settings: {
    branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
    card_payments: {
      statement_descriptor_prefix: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    dashboard: { display_name: 'Acme', timezone: 'Etc/UTC' },
    payments: {
      statement_descriptor: 'ACME',
      statement_descriptor_kana: null,
      statement_descriptor_kanji: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
  },
  type: 'standard',
}
