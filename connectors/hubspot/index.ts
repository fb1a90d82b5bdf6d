import { connector, z, type CallContext, type DestinationObject } from 'millrace'
import { describeAccount } from './account.ts'
import { openClient } from './client.ts'
import { describeProperties, listCustomObjects } from './describe.ts'
import { legalOptions } from './encode-status.ts'
import { makeObject } from './object.ts'
import { createStatusSender } from './send-statuses.ts'
import { describeSubscription, subscription } from './subscription.ts'

const config = z.strictObject({
  access_token: z.string().min(1).meta({
    secret: true,
    description:
      'A service key (Development → Keys → Service keys), or the access token of a private app that you already have',
  }),
  base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://api.hubapi.com')
    .meta({ description: 'Another host of the API, for example http://127.0.0.1:8080' }),
  requests_per_10_seconds: z
    .number()
    .positive()
    .max(100_000)
    .default(100)
    .meta({ description: 'Requests in ten seconds: 100, or 190 with a Professional or Enterprise plan' }),
})

export default connector({
  name: 'hubspot',
  config,
  objectOptions: { [subscription]: legalOptions },
  async open({ config, host }) {
    const api = await openClient(config, host)
    const statuses = createStatusSender(api)
    const listed = async (signal: AbortSignal) => [
      ...standardObjects,
      ...(await listCustomObjects(api, signal)),
      subscription,
    ]
    const account = ({ signal }: CallContext) => describeAccount(api, config.access_token, signal)
    return {
      check: account,
      account,
      objectNames: ({ signal }) => listed(signal),
      async objects({ names, signal }) {
        const wanted = names ?? (await listed(signal))
        const objects: DestinationObject[] = []
        for (const name of wanted) {
          const properties =
            name === subscription
              ? null
              : await describeProperties(api, { object: name, isListed: names === undefined }, signal)
          if (properties) objects.push(makeObject(name, properties, api))
          else if (name === subscription) objects.push(describeSubscription(statuses))
        }
        return objects
      },
    }
  },
})

const standardObjects = ['contact', 'company', 'deal'] as const
