import customerio from '../../../connectors/customerio/index.ts'
import simulator from '../../../connectors/customerio/sandbox.ts'
import type { DestinationObject } from '../../../src/connector/destination.ts'
import type { Change, Fields } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import { openConnector, type OnSimulator, type OpenOptions } from '../open-connector.ts'

export type OpenedCustomerio = Omit<OnSimulator, 'object'> & {
  readonly person: DestinationObject
  readonly object: (name: string) => DestinationObject
  /** All that it was asked. */
  readonly requests: () => Promise<readonly JournalEntry[]>
  /** The requests since the last asking. */
  readonly fresh: () => Promise<readonly JournalEntry[]>
  /** What the simulator holds of a person, by id. */
  readonly stored: (id: string) => Promise<JsonObject | undefined>
}

/** One attempt for each request, unless said. */
export async function openCustomerio({ keys, retry, ...rest }: OpenOptions = {}): Promise<OpenedCustomerio> {
  const vendor = await openConnector({
    connector: customerio,
    simulator,
    keys: { rate_per_second: 1000, ...keys },
    retry: retry ?? { attempts: 1, malformedAttempts: 1 },
    ...rest,
  })
  const { sandbox, opened, signal } = vendor
  const objects = (await opened.objects?.({ signal })) ?? []
  const object = (wanted: string) => {
    const found = objects.find(({ name }) => name === wanted)
    if (!found) throw new Error(`no ${wanted}`)
    return found
  }
  return {
    ...vendor,
    person: object('person'),
    object,
    requests: () => sandbox.journal('customerio'),
    fresh: vendor.requests,
    stored: async (id) => (await sandbox.show('customerio', 'person', id))[0],
  }
}

/** A change whose match field is `id` unless said. */
export const change = (
  key: string,
  fields: Fields = {},
  rest: Partial<Change> & { readonly match?: string } = {},
): Change => {
  const { match = 'id', ...others } = rest
  return {
    op: 'upsert',
    key,
    fields: { [match]: key, ...fields },
    previous: null,
    idempotencyKey: `test:${key}`,
    ...others,
  }
}
