import type { AdsApi } from '../../../connectors/google_ads/client.ts'
import { openMetadata } from '../../../connectors/google_ads/metadata.ts'
import { expect, it } from 'vitest'

it.each([
  ['itself', ['B', 'B']],
  ['one that was read already', ['B', 'C', 'B', 'C', 'B', 'C', 'B', 'C']],
])('fields of which a page names %s as the next are not taken for whole', async (_, tokens) => {
  let pages = 0
  const searchFields: AdsApi['searchFields'] = async ({ read }) => {
    const nextPageToken = tokens[pages++]
    if (nextPageToken === undefined) throw new Error('it goes on for ever')
    return read(Buffer.from(JSON.stringify({ results: [{ name: `campaign.field_${pages}` }], nextPageToken })))
  }
  const metadata = openMetadata({ searchFields } as AdsApi) // nothing else is asked of it
  await expect(metadata.find(['campaign.name'], AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'MR-3005' })
})
