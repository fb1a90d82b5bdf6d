import hubspot from '../../../connectors/hubspot/index.ts'
import simulator from '../../../connectors/hubspot/sandbox.ts'
import type { Change, Fields, WriteResult } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { openConnector, type OnSimulator, type OpenOptions } from '../open-connector.ts'

export type OpenedHubspot = OnSimulator & {
  /** What it looks up of the object before is not among the `requests`. */
  readonly write: (
    object: string,
    match: string,
    changes: readonly Change[],
    options?: JsonObject,
  ) => Promise<readonly WriteResult[]>
  /** Method and path of each request since the last asking. */
  readonly asked: () => Promise<readonly string[]>
  /** What the simulator holds, by the value of a property. */
  readonly held: (type: string, property: string, value: string) => Promise<JsonObject | undefined>
}

/** One attempt for each request, unless said. */
export async function openHubspot({ keys, retry, ...rest }: OpenOptions = {}): Promise<OpenedHubspot> {
  const vendor = await openConnector({
    connector: hubspot,
    simulator,
    keys: { requests_per_10_seconds: 10_000, ...keys },
    retry: retry ?? { attempts: 1, malformedAttempts: 1 },
    ...rest,
  })
  const { sandbox, requests } = vendor
  return {
    ...vendor,
    write: async (name, match, changes, options = {}) => {
      const target = await vendor.object(name)
      await requests()
      return target.write(changes, vendor.writeContext(match, { options }))
    },
    asked: async () => (await requests()).map(({ method, path }) => `${method} ${path}`),
    held: async (type, property, value) =>
      (await sandbox.show('hubspot', type)).find(
        (record) => (record['properties'] as JsonObject | undefined)?.[property] === value, // all records have them
      ),
  }
}

export const change = (match: string, key: string, fields: Fields = {}, op: Change['op'] = 'upsert'): Change => ({
  op,
  key,
  fields: { [match]: key, ...fields },
  previous: null,
  idempotencyKey: `test:${key}`,
})
