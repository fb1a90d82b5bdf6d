import type { SalesforceApi } from './client.ts'
import { describeObjects, type DescribeSObjectResult } from './describe.ts'
import { parentNames } from './relationship.ts'

/** What these objects' lookups point at, described; those that the user may not see are left out. */
export async function describeParents(
  api: SalesforceApi,
  objects: readonly (DescribeSObjectResult | null)[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DescribeSObjectResult>> {
  const known = new Map(objects.flatMap((object) => (object ? [[object.name, object] as const] : [])))
  const missing = [...new Set(objects.flatMap((object) => (object ? parentNames(object) : [])))].filter(
    (name) => !known.has(name),
  )
  const parents = await describeObjects(api, missing, { signal })
  return new Map([...known, ...parents.flatMap((parent) => (parent ? [[parent.name, parent] as const] : []))])
}
