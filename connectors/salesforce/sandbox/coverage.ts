import type { Refusal } from 'millrace/sandbox'

/** endpoint → what it refuses; test/connectors/salesforce/coverage.test.ts walks every entry through jsforce. */
export const coverage: { readonly [endpoint: string]: readonly Refusal[] } = {
  'POST /services/oauth2/token': ['bad_credentials', 'missing_parameter', 'wrong_type'],
  'GET /services/oauth2/userinfo': ['bad_credentials'],
  'GET /services/data': [],
  'GET /services/data/v66.0': ['bad_credentials', 'too_many_requests'],
  'GET /limits': ['bad_credentials', 'too_many_requests'],
  'GET /sobjects': ['bad_credentials', 'too_many_requests'],
  'GET /sobjects/:object/describe': ['bad_credentials', 'unknown_field', 'too_many_requests'],
  'GET /query': ['bad_credentials', 'unknown_field', 'wrong_type', 'missing_parameter', 'too_many_requests'],
  'GET /queryAll': ['bad_credentials', 'unknown_field', 'wrong_type', 'missing_parameter', 'too_many_requests'],
  'GET /query/:locator': ['bad_credentials', 'wrong_type', 'too_many_requests'],
  'GET /tooling/query': ['bad_credentials', 'unknown_field', 'wrong_type', 'missing_parameter', 'too_many_requests'],
  'POST /composite/sobjects': [
    'bad_credentials',
    'unknown_field',
    'wrong_type',
    'missing_parameter',
    'too_many_requests',
  ],
  'PATCH /composite/sobjects': [
    'bad_credentials',
    'unknown_field',
    'wrong_type',
    'missing_parameter',
    'too_many_requests',
  ],
  'PATCH /composite/sobjects/:object/:field': [
    'bad_credentials',
    'unknown_field',
    'wrong_type',
    'missing_parameter',
    'too_many_requests',
  ],
  'DELETE /composite/sobjects': ['bad_credentials', 'wrong_type', 'missing_parameter', 'too_many_requests'],
}
