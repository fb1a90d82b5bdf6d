import { MillraceError, z, type Host } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { encodeSoql, quote } from './soql.ts'

/** Names of the fields of an object whose history Salesforce keeps; none where it does not say which. */
export type Tracking = (object: string, signal: AbortSignal) => Promise<ReadonlySet<string>>

/**
 * Only the Tooling API tells, and only a user who may see the setup. To any other there is no FieldDefinition: that is said once,
 * and not asked again. What masks and leaves out rows of a history goes by its object's description, and does without.
 * https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_fielddefinition.htm
 */
export function openTracking(api: SalesforceApi, host: Pick<Host, 'warn'>): Tracking {
  let isRefused = false
  return async (object, signal) => {
    if (isRefused) return new Set()
    const answer = await askTracked(api, object, signal)
    if (typeof answer === 'string') {
      isRefused = true
      host.warn(
        `Salesforce does not tell this user which fields are tracked (${answer}): field histories have what changed, and no field that never did, and there are no whole records of them. It needs View Setup and Configuration.`,
      )
      return new Set()
    }
    if (answer.size === 0)
      host.warn(
        `${object}: no field is tracked, or the user may not see which (View Setup and Configuration); there is no field history to build`,
      )
    return answer
  }
}

/** A text: what it was refused with. */
function askTracked(api: SalesforceApi, object: string, signal: AbortSignal): Promise<ReadonlySet<string> | string> {
  // The flag is read and not filtered by: not every release takes it in a WHERE.
  const soql = `SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = ${quote(object)}`
  return api.call<ReadonlySet<string> | string>({
    method: 'GET',
    path: `/tooling/query?q=${encodeSoql(soql)}`,
    docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/intro_rest_resources.htm',
    signal,
    timeoutMs: 120_000,
    read: readTracked,
    recover: ({ code, message }) => (hidden.has(code) ? { value: `${code}: ${message}` } : undefined),
  })
}

function readTracked(bytes: Uint8Array): ReadonlySet<string> {
  const parsed = definitions.safeParse(JSON.parse(Buffer.from(bytes).toString()))
  if (!parsed.success)
    throw new MillraceError('MR-3005', {
      message: 'Reading which fields Salesforce tracks: the answer is not a list of fields.',
    })
  return new Set(parsed.data.records.flatMap((field) => (field.IsFieldHistoryTracked ? [field.QualifiedApiName] : [])))
}

const definitions = z.object({
  records: z.array(z.object({ QualifiedApiName: z.string(), IsFieldHistoryTracked: z.boolean() })),
})

/** What is said of a type or a field that the user may not see. */
const hidden: ReadonlySet<string> = new Set([
  'INVALID_TYPE',
  'INVALID_FIELD',
  'INSUFFICIENT_ACCESS',
  'INSUFFICIENT_ACCESS_OR_READONLY',
])
