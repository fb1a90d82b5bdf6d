import type { DescribeGlobalResult, DescribeSObjectResult, Field } from 'jsforce'
import { MillraceError } from 'millrace'
import type { SalesforceApi } from './client.ts'

export type { DescribeSObjectResult, Field }

/** The objects that the user may see. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm */
export async function describeGlobal(
  api: SalesforceApi,
  signal: AbortSignal,
): Promise<DescribeGlobalResult['sobjects']> {
  const { sobjects } = await api.call({
    method: 'GET',
    path: '/sobjects',
    docs: globalDocs,
    signal,
    read: parseGlobal,
  })
  return sobjects
}

/** null: there is no such object, or the user may not see it. */
export function describeObject(
  api: SalesforceApi,
  name: string,
  signal: AbortSignal,
): Promise<DescribeSObjectResult | null> {
  return api.call<DescribeSObjectResult | null>({
    method: 'GET',
    path: `/sobjects/${encodeURIComponent(name)}/describe`,
    docs: objectDocs,
    signal,
    read: parseObject,
    recover: ({ code }) => (code === 'NOT_FOUND' || code === 'INVALID_TYPE' ? { value: null } : undefined),
  })
}

/** Several at a time, in the order asked. Those that are described to be read heed the quota: of all objects that is a request for each, in every run. */
export async function describeObjects(
  api: SalesforceApi,
  names: readonly string[],
  { signal, toRead = false }: { readonly signal: AbortSignal; readonly toRead?: boolean },
): Promise<readonly (DescribeSObjectResult | null)[]> {
  const described: (DescribeSObjectResult | null)[] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < names.length; index = next++) {
      if (toRead) api.checkQuota()
      described[index] = await describeObject(api, names[index] ?? '', signal)
    }
  }
  await Promise.all(Array.from({ length: Math.min(describesAtOnce, names.length) }, work))
  return described
}

function parseGlobal(bytes: Uint8Array): DescribeGlobalResult {
  const answer: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (isGlobal(answer)) return answer
  throw new MillraceError('MR-3005', { message: 'Listing the objects of Salesforce: the answer has no list of them.' })
}

function parseObject(bytes: Uint8Array): DescribeSObjectResult {
  const answer: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (isObject(answer)) return answer
  throw new MillraceError('MR-3005', {
    message: 'Describing an object of Salesforce: the answer has no name, or no list of fields.',
  })
}

/** Whether it is a description; what is in it, the SDK's types say. */
const isGlobal = (answer: unknown): answer is DescribeGlobalResult =>
  typeof answer === 'object' &&
  answer !== null &&
  'sobjects' in answer &&
  Array.isArray(answer.sobjects) &&
  answer.sobjects.every(hasName)

const isObject = (answer: unknown): answer is DescribeSObjectResult =>
  hasName(answer) && 'fields' in answer && Array.isArray(answer.fields) && answer.fields.every(hasName)

const hasName = (value: unknown): value is { readonly name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'

const describesAtOnce = 4
const globalDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm'
const objectDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm'
