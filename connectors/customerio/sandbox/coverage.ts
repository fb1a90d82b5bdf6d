import type { Refusal } from 'millrace/sandbox'

const always = ['bad_credentials', 'too_many_requests'] as const satisfies readonly Refusal[]
const body = ['unknown_field', 'wrong_type', 'missing_parameter', ...always] as const
/** Where there are no parameters, one that is sent is unknown. */
const whole = ['unknown_field', ...always] as const
const typed = ['unknown_field', 'wrong_type', ...always] as const

/** Every endpoint, and how it refuses. */
export const coverage: { readonly [endpoint: string]: readonly Refusal[] } = {
  'GET /api/v1/accounts/region': always,
  'POST /api/v2/entity': body,
  'POST /api/v2/batch': body,
  'GET /v1/customers': ['wrong_type', 'missing_parameter', ...always],
  'GET /v1/customers/:id/attributes': ['wrong_type', ...always],
  'POST /v1/customers/attributes': body,
  'GET /v1/object_types': always,
  'GET /v1/objects/:type/:id/attributes': ['wrong_type', ...always],
  'POST /v1/customers': body,
  'POST /v1/exports/customers': body,
  'GET /v1/exports/:id': typed,
  'GET /v1/exports/:id/download': typed,
  'GET /v1/segments': whole,
  'GET /v1/segments/:id/membership': typed,
  'GET /v1/segments/:id/customer_count': typed,
  'GET /v1/campaigns': whole,
  'GET /v1/campaigns/:id/actions': typed,
  'GET /v1/broadcasts': whole,
  'GET /v1/broadcasts/:id/actions': typed,
  'GET /v1/newsletters': typed,
  'GET /v1/newsletters/:id/contents': typed,
  'GET /v1/messages': typed,
  'GET /v1/activities': typed,
  'GET /v1/sender_identities': typed,
  'GET /v1/snippets': whole,
  'GET /v1/collections': whole,
  'GET /v1/transactional': whole,
  'GET /v1/subscription_topics': whole,
}
