import type { Sent } from './field-value.ts'
import { refuse } from './refusal.ts'

/** The texts of what asks for a Bulk API 2.0 job, by key; null where there is none. Keys that no such job has are refused. */
export function readJobBody(body: Sent, keys: ReadonlySet<string>): (key: string) => string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuse(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is required to be an object')
  for (const key of Object.keys(body))
    if (!keys.has(key))
      throw refuse(
        400,
        'JSON_PARSER_ERROR',
        `Unrecognized field "${key}" (Class common.api.asyncapi.JobInfo), not marked as ignorable at [line:1, column:1]`,
      )
  return (key) => {
    const value: unknown = Reflect.get(body, key)
    return typeof value === 'string' && value !== '' ? value : null
  }
}
