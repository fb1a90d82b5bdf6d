import type { AppApi } from './client.ts'
import { readRate, type List } from './list-pages.ts'
import { malformed } from './read-answer.ts'
import { listParents, type ChildList } from './read-child-stream.ts'

export const membershipOf = (segments: List, pageRows: number): ChildList => ({
  parents: segments,
  column: 'segment_id',
  listOf: (id) => ({
    path: `segments/${id}/membership`,
    docs: 'https://docs.customer.io/integrations/api/app/tag/segments/getSegmentMembership/',
    records: 'identifiers',
    query: { limit: pageRows },
  }),
})

/** As Customer.io counts. One request a segment. */
export async function countMembers(app: AppApi, segments: List, signal: AbortSignal): Promise<number> {
  let count = 0
  for (const id of await listParents(app, segments, signal))
    count += await app.call({
      label: `GET /v1/segments/${id}/customer_count`,
      docs: 'https://docs.customer.io/integrations/api/app/tag/segments/getSegmentCount/',
      signal,
      ratePerSecond: readRate,
      send: (client) => client.getSegmentCustomerCount(id),
      isAnswer: (status) => status === 404,
      read: ({ status, body: { count: members } }) => {
        if (status === 404) return 0
        if (typeof members === 'number') return members
        throw malformed(`counted the people of segment ${id} without a number`)
      },
    })
  return count
}
