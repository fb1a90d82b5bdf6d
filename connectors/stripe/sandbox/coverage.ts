import type { Refusal } from 'millrace/sandbox'
import { endpoints } from './endpoints.ts'

/** Every endpoint that there is, and how it refuses. */
export const coverage: { readonly [endpoint: string]: readonly Refusal[] } = Object.fromEntries(
  endpoints.map(({ path, required }) => [
    `GET ${path}`,
    [
      'unknown_field',
      'wrong_type',
      'bad_credentials',
      'too_many_requests',
      ...(required ? (['missing_parameter'] as const) : []),
    ],
  ]),
)
