import { parseBody, type Sent } from './field-value.ts'
import { invalidJob, malformedBody, unknownKey } from './refusal.ts'

/** The texts of what asks for a Bulk API 2.0 job, by key; null where there is none. Keys that no such job has are refused. */
export function readJobBody(body: Sent, keys: ReadonlySet<string>): (key: string) => string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw malformedBody('The HTTP entity body is required to be an object')
  for (const key of Object.keys(body)) if (!keys.has(key)) throw unknownKey(key, jobInfo)
  return (key) => {
    const value: unknown = Reflect.get(body, key)
    return typeof value === 'string' && value !== '' ? value : null
  }
}

/** What a body wants a job's state to be: all that it may say. */
export function readJobState(text: string): unknown {
  const body = parseBody(text)
  const entries = typeof body === 'object' && body !== null ? Object.entries(body) : []
  const unknown = entries.find(([key]) => key !== 'state')
  if (unknown) throw unknownKey(unknown[0], jobInfo)
  const state: unknown = entries[0]?.[1]
  if (state === undefined) throw invalidJob('state is required')
  return state
}

const jobInfo = 'common.api.asyncapi.JobInfo'
