import type { Refusal } from 'millrace/sandbox'

/** Every endpoint that there is, and how it refuses. */
export const coverage: { readonly [endpoint: string]: readonly Refusal[] } = {
  'POST /token': ['unknown_field', 'wrong_type', 'missing_parameter', 'bad_credentials'],
  'GET /v25/customers:listAccessibleCustomers': ['unknown_field', 'bad_credentials', 'too_many_requests'],
  'POST /v25/googleAdsFields:search': [
    'unknown_field',
    'wrong_type',
    'missing_parameter',
    'bad_credentials',
    'too_many_requests',
  ],
  'POST /v25/customers/:id/googleAds:search': [
    'unknown_field',
    'wrong_type',
    'missing_parameter',
    'bad_credentials',
    'too_many_requests',
  ],
}
