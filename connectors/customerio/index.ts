import { createHash } from 'node:crypto'
import { connector, z } from 'millrace'
import { openTrackClient } from './client.ts'
import { describePerson } from './person.ts'
import { confirmRegion } from './region.ts'

const config = z.strictObject({
  site_id: z
    .string()
    .min(1)
    .meta({ secret: true, description: 'Settings → Workspace settings → API and webhook credentials: Site ID' }),
  api_key: z.string().min(1).meta({ secret: true, description: 'The Track API key beside the Site ID' }),
  region: z.enum(['us', 'eu']).default('us').meta({ description: 'Where the workspace is hosted' }),
  base_url: z
    .url()
    .optional()
    .meta({ description: 'Another host of the Track API, for example http://127.0.0.1:8080' }),
  rate_per_second: z.number().positive().max(1000).default(100).meta({ description: 'Requests per second' }),
})

export default connector({
  name: 'customerio',
  config,
  streamNames: [],
  objectNames: ['person'],
  async open({ config, host }) {
    const track = await openTrackClient(config, host)
    const person = describePerson(track)
    return {
      check: ({ signal }) => confirmRegion(track, config.region, signal),
      account: async () => nameAccount(config.region, config.site_id),
      objects: async ({ names }) => [person].filter(({ name }) => names === undefined || names.includes(name)),
    }
  },
})

/** A Site ID is half of a credential: only a hash of it goes into the snapshot. */
function nameAccount(region: string, siteId: string): string {
  return `${region}:${createHash('sha256').update(siteId).digest('hex').slice(0, 16)}`
}
