import type { DescribeGlobalResult, DescribeSObjectResult, Field } from 'jsforce'
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
    read: parseAnswer<DescribeGlobalResult>,
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
    read: parseAnswer<DescribeSObjectResult>,
    recover: ({ code }) => (code === 'NOT_FOUND' || code === 'INVALID_TYPE' ? { value: null } : undefined),
  })
}

/** Several at a time, in the order asked. */
export async function describeObjects(
  api: SalesforceApi,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly (DescribeSObjectResult | null)[]> {
  const described: (DescribeSObjectResult | null)[] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < names.length; index = next++)
      described[index] = await describeObject(api, names[index] ?? '', signal)
  }
  await Promise.all(Array.from({ length: Math.min(describesAtOnce, names.length) }, work))
  return described
}

/** As the SDK's types have it: the vendor's own description. */
const parseAnswer = <T>(bytes: Uint8Array): T => {
  const answer: T = JSON.parse(Buffer.from(bytes).toString())
  return answer
}

const describesAtOnce = 4
const globalDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm'
const objectDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm'
