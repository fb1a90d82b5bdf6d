import { createHash } from 'node:crypto'
import { connector, z } from 'millrace'
import { openClients } from './client.ts'
import { describeCustomObject } from './custom-object.ts'
import { describeEvent } from './event.ts'
import { objectOptions } from './object-options.ts'
import { describePerson } from './person.ts'
import { confirmAppKey, confirmRegion } from './region.ts'
import { describeRelationship } from './relationship.ts'
import { describeStreams, streamNames, streamOptions } from './streams.ts'
import { describeSuppression } from './suppression.ts'

const config = z.strictObject({
  site_id: z
    .string()
    .min(1)
    .meta({ secret: true, description: 'Settings → Workspace settings → API and webhook credentials: Site ID' }),
  api_key: z.string().min(1).meta({ secret: true, description: 'The Track API key beside the Site ID' }),
  app_api_key: z.string().min(1).optional().meta({
    secret: true,
    description: 'An App API key: streams are read with it, and what Customer.io may have dropped is read back',
  }),
  region: z.enum(['us', 'eu']).default('us').meta({ description: 'Where the workspace is hosted' }),
  base_url: z
    .url()
    .optional()
    .meta({ description: 'Another host of the Track API, for example http://127.0.0.1:8080' }),
  app_base_url: z.url().optional().meta({ description: 'Another host of the App API' }),
  settle_seconds: z
    .number()
    .min(0)
    .max(20)
    .default(5)
    .meta({ description: 'How long a read-back waits for Customer.io to have done what it took' }),
  rate_per_second: z
    .number()
    .positive()
    .max(1000)
    .default(100)
    .meta({ description: 'Requests per second to the Track API' }),
  page_rows: z
    .int()
    .min(1)
    .max(1000)
    .default(1000)
    .meta({ description: 'Rows of a page of deliveries, activities and members: fewer where answers take too long' }),
  poll_interval_ms: z
    .int()
    .min(1)
    .max(60_000)
    .default(2_000)
    .meta({ description: 'Between the first two questions after an export; they become rarer, down to every 30 s' }),
})

export default connector({
  name: 'customerio',
  config,
  streamNames,
  streamOptions,
  objectNames: ['person', 'event', 'object', 'relationship', 'suppression'],
  objectOptions: { object: objectOptions, relationship: objectOptions },
  async open({ config, host }) {
    const { track, app } = await openClients(config, host)
    const objects = [
      describePerson(track, { app, settleSeconds: config.settle_seconds }),
      describeEvent(track),
      describeCustomObject(track),
      describeRelationship(track),
      describeSuppression(track),
    ]
    const streams = describeStreams({ app, host, pageRows: config.page_rows, pollMs: config.poll_interval_ms })
    return {
      async check({ signal }) {
        await confirmRegion(track, config.region, signal)
        if (app) await confirmAppKey(app, signal)
      },
      account: async () => nameAccount(config.region, config.site_id),
      streams: async ({ names }) => streams.filter(({ name }) => names?.includes(name) ?? true),
      streamNames: async () => streamNames,
      objects: async ({ names }) => objects.filter(({ name }) => names === undefined || names.includes(name)),
    }
  },
})

/** A Site ID is half of a credential: only a hash of it goes into the snapshot. */
function nameAccount(region: string, siteId: string): string {
  return `${region}:${createHash('sha256').update(siteId).digest('hex').slice(0, 16)}`
}
