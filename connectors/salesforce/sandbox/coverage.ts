import type { Refusal } from 'millrace/sandbox'

const anyOfThem: readonly Refusal[] = [
  'bad_credentials',
  'unknown_field',
  'wrong_type',
  'missing_parameter',
  'too_many_requests',
]
const ofAJob: readonly Refusal[] = ['bad_credentials', 'wrong_type', 'too_many_requests']

/** endpoint → what it refuses; test/connectors/salesforce/coverage.test.ts walks every entry through jsforce. */
export const coverage: { readonly [endpoint: string]: readonly Refusal[] } = {
  'POST /services/oauth2/token': ['bad_credentials', 'missing_parameter', 'wrong_type'],
  'GET /services/oauth2/userinfo': ['bad_credentials'],
  'GET /services/data': [],
  'GET /services/data/v66.0': ['bad_credentials', 'too_many_requests'],
  'GET /limits': ['bad_credentials', 'too_many_requests'],
  'GET /sobjects': ['bad_credentials', 'too_many_requests'],
  'GET /sobjects/:object/describe': ['bad_credentials', 'unknown_field', 'too_many_requests'],
  'GET /query': anyOfThem,
  'GET /queryAll': anyOfThem,
  'GET /query/:locator': ofAJob,
  'GET /tooling/query': anyOfThem,
  'POST /composite/sobjects': anyOfThem,
  'PATCH /composite/sobjects': anyOfThem,
  'PATCH /composite/sobjects/:object/:field': anyOfThem,
  'POST /jobs/ingest': anyOfThem,
  'PUT /jobs/ingest/:job/batches': ofAJob,
  'PATCH /jobs/ingest/:job': anyOfThem,
  'GET /jobs/ingest/:job': ofAJob,
  'GET /jobs/ingest/:job/successfulResults': ofAJob,
  'GET /jobs/ingest/:job/failedResults': ofAJob,
  'GET /jobs/ingest/:job/unprocessedrecords': ofAJob,
  'DELETE /jobs/ingest/:job': ofAJob,
  'POST /jobs/query': anyOfThem,
  'GET /jobs/query/:job': ofAJob,
  'PATCH /jobs/query/:job': anyOfThem,
  'DELETE /jobs/query/:job': ofAJob,
  'GET /jobs/query/:job/results': ['bad_credentials', 'unknown_field', 'wrong_type', 'too_many_requests'],
  'DELETE /composite/sobjects': ['bad_credentials', 'wrong_type', 'missing_parameter', 'too_many_requests'],
}
