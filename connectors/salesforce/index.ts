import { connector, MillraceError, z, type Stream } from 'millrace'
import { openClient } from './client.ts'
import { describeParents } from './describe-parents.ts'
import { describeGlobal, describeObjects } from './describe.ts'
import { makeObject } from './object.ts'
import { makeStream } from './stream.ts'

const url = () => z.url({ protocol: /^https?$/ })

const config = z.strictObject({
  login_url: url().meta({
    description: 'Your domain, https://acme.my.salesforce.com: client credentials do not work at login.salesforce.com',
  }),
  client_id: z.string().min(1).meta({ secret: true, description: 'Consumer key of the external client app' }),
  client_secret: z.string().min(1).meta({ secret: true, description: 'Consumer secret of the external client app' }),
  instance_url: url().optional().meta({ description: 'Where the API is, if it is not where the token says' }),
  api_version: z
    .string()
    .regex(/^\d{2,3}\.0$/)
    .default('66.0')
    .meta({ description: 'The API version; names and columns may differ between versions' }),
  bulk_from: z
    .int()
    .min(1)
    .max(10_001)
    .default(2000)
    .meta({ description: 'So many rows of a batch go as a job of the Bulk API; 10001: never' }),
  bulk_wait_seconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(3600)
    .meta({ description: 'How long a run waits for a job of the Bulk API; the next run takes it over' }),
  page_size: z.int().min(200).max(2000).default(2000).meta({ description: 'Rows of one query, and of one checkpoint' }),
})

export default connector({
  name: 'salesforce',
  config,
  async open({ config, host }) {
    const api = await openClient(config, host)
    // https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm
    const check = ({ signal }: { readonly signal: AbortSignal }) =>
      api.call({
        method: 'GET',
        path: '/',
        docs: checkDocs,
        signal,
        read: () => null,
        recover: ({ code }) => refuseVersion(code, config.api_version),
      })
    const bulk = { fromRows: config.bulk_from, waitMs: config.bulk_wait_seconds * 1000 }
    const queryable = async (signal: AbortSignal) =>
      (await describeGlobal(api, signal)).filter((object) => object.queryable && !object.deprecatedAndHidden)
    return {
      check,
      account: (context) => api.organizationId(context),
      async now(context) {
        if (!host.lastDate()) await check(context)
        return host.lastDate() ?? new Date()
      },
      streamNames: async ({ signal }) => (await queryable(signal)).map(({ name }) => name),
      async streams({ names, signal }) {
        const wanted = names ?? (await queryable(signal)).map(({ name }) => name)
        const described = await describeObjects(api, wanted, signal)
        const streams: Stream[] = []
        for (const object of described)
          if (object?.queryable)
            streams.push(await makeStream(object, { api, host, signal, pageSize: config.page_size }))
        return streams
      },
      async objects({ names, signal }) {
        const wanted =
          names ??
          (await describeGlobal(api, signal))
            .filter((object) => (object.createable || object.updateable) && !object.deprecatedAndHidden)
            .map(({ name }) => name)
        const described = await describeObjects(api, wanted, signal)
        const objects = described.filter((object) => object && (object.createable || object.updateable))
        const parents = await describeParents(api, described, signal)
        return objects.flatMap((object) => (object ? [makeObject(object, { api, bulk, parents })] : []))
      },
    }
  },
})

function refuseVersion(code: string, version: string): undefined {
  if (code !== 'NOT_FOUND') return undefined
  throw new MillraceError('MR-3004', {
    message: `Checking the Salesforce connection: the org does not have API version ${version}.`,
    next: 'Set api_version to one that it has: /services/data lists them.',
  })
}

const checkDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm'
