import type { Refusal } from 'millrace/sandbox'
import { edges } from './edges.ts'

const refusals = [
  'unknown_field',
  'wrong_type',
  'bad_credentials',
  'too_many_requests',
] as const satisfies readonly Refusal[]

/** Every endpoint that there is, and how it refuses. None has a parameter that must be there. */
export const coverage: { readonly [endpoint: string]: readonly Refusal[] } = {
  // Neither takes anything but fields, which are text.
  'GET /me': ['unknown_field', 'bad_credentials', 'too_many_requests'],
  'GET /act_:id': ['unknown_field', 'bad_credentials', 'too_many_requests'],
  'GET /:run': ['unknown_field', 'bad_credentials', 'too_many_requests'],
  'GET /me/adaccounts': refusals,
  ...Object.fromEntries(Object.keys(edges).map((edge) => [`GET /act_:id/${edge}`, refusals])),
  'POST /act_:id/insights': refusals,
  'GET /:run/insights': refusals,
}
