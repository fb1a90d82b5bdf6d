import { connector, MillraceError, z } from 'millrace'
import { openClient, type SalesforceApi } from './client.ts'
import { listObjects } from './describe.ts'
import { describeDestination } from './objects.ts'
import { describeStream } from './streams.ts'

const config = z.strictObject({
  login_url: z
    .url({ protocol: /^https?$/ })
    .meta({
      description:
        'Your My Domain: https://acme.my.salesforce.com (the client credentials flow does not work at login.salesforce.com)',
    }),
  client_id: z.string().min(1).meta({ description: 'Consumer key of the external client app or connected app' }),
  client_secret: z.string().min(1).meta({ secret: true, description: 'Consumer secret of the same app' }),
  api_version: z
    .string()
    .regex(/^\d{2,3}\.0$/)
    .default('65.0')
    .meta({ description: 'Version of the REST API' }),
})

export default connector({
  name: 'salesforce',
  config,
  async open({ config, host }) {
    const api = await openClient(config, host)
    return {
      check: ({ signal }) => readOrganization(api, signal),
      account: ({ signal }) => readOrganization(api, signal),
      streamNames: ({ signal }) => listObjects(api, signal),
      // Describe runs on every run, so that a new field is not missed.
      streams: async ({ names, signal }) => {
        const wanted = names ?? (await listObjects(api, signal))
        return Promise.all(wanted.map((name) => describeStream(api, name, signal)))
      },
      objects: async ({ names, signal }) => {
        const wanted = names ?? (await listObjects(api, signal))
        return Promise.all(wanted.map((name) => describeDestination(api, name, signal)))
      },
    }
  },
})

/** https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_organization.htm */
async function readOrganization(api: SalesforceApi, signal: AbortSignal): Promise<string> {
  const [organization] = await api.query('SELECT Id FROM Organization LIMIT 1', signal)
  if (typeof organization?.['Id'] === 'string') return organization['Id']
  throw new MillraceError('MR-3005', { message: 'Reading the organization of Salesforce: the answer has no Id.' })
}
