/**
 * Holds the connector and its simulator against HubSpot's own descriptions (github.com/HubSpot/HubSpot-public-api-spec-collection),
 * where it is pointed at a folder with those of the endpoints that it calls: MILLRACE_HUBSPOT_DESCRIPTION=…
 * (objects, properties, schemas and account info v3; associations and subscriptions v4).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import hubspot from '../../../connectors/hubspot/index.ts'
import simulator from '../../../connectors/hubspot/sandbox.ts'
import { openRecorded, type Recorded } from '../open-api-exchanges.ts'
import { isServed, readOpenApis } from '../open-api.ts'
import { change } from './open-hubspot.ts'

const folder = process.env['MILLRACE_HUBSPOT_DESCRIPTION']
const api = folder ? readOpenApis(folder) : null

describe.skipIf(!api)(
  'HubSpot’s descriptions (skipped where MILLRACE_HUBSPOT_DESCRIPTION names no folder of them)',
  () => {
    let recorded: Recorded
    beforeAll(async () => {
      recorded = await openRecorded({ connector: hubspot, simulator, keys: { requests_per_10_seconds: 10_000 } })
      await recorded.opened.check(recorded.host.context(new AbortController().signal))
      await recorded.opened.objects?.({ signal: new AbortController().signal })
      await writeAll(recorded)
    })
    afterAll(async () => {
      await recorded?.[Symbol.asyncDispose]()
    })

    it('have what the simulator serves', () => {
      const endpoints = Object.keys(simulator.coverage).filter((endpoint) => endpoint !== byPeople)
      expect(endpoints.filter((endpoint) => !api || !isServed(api, endpoint))).toEqual([])
      const asked = recorded.exchanges.map(({ method, path }) => `${method} ${path}`)
      const unasked = endpoints.filter(
        (endpoint) => !asked.some((each) => new RegExp(`^${endpoint.replaceAll(/:\w+/g, '[^/]+')}$`).test(each)),
      )
      expect(unasked).toEqual([])
    })

    it('know what the connector sends', () => {
      expect(unique(recorded.exchanges.flatMap((each) => api?.checkRequest(each) ?? []))).toEqual([])
    })

    it('know what the simulator answers', () => {
      expect(new Set(recorded.exchanges.map(({ status }) => status))).toEqual(new Set([200, 201, 207, 400, 403]))
      const odd = recorded.exchanges.flatMap((each) => api?.checkAnswer(each) ?? [])
      expect(unique(odd).filter((said) => !loose.some((each) => each.test(said)))).toEqual([])
    })
  },
)

/** Each object, in each of the ways that it can be written, with refusals of rows and of a whole batch. */
async function writeAll({ sandbox, write }: Recorded): Promise<void> {
  await write('contact', 'email', [
    change('email', 'k1@x.example', { firstname: 'Ünïcødé', is_customer: true, score: 3 }),
    change('email', 'k2@x.example', { firstname: null, interests: ['vanilla'] }),
  ])
  const found = await sandbox.show('hubspot', 'company')
  await write('contact', 'email', [
    change('email', 'k1@x.example', { firstname: 'Ada', 'associations.company': String(found[0]?.['id']) }, 'update'),
    change('email', 'nobody@x.example', { firstname: 'Ada' }, 'update'),
    change('email', 'k2@x.example', { firstname: null }, 'clear'),
  ])
  await write('contact', 'email', [change('email', 'k3@x.example', {}, 'insert')])
  await write('company', 'domain', [change('domain', 'acme.example', { name: 'Acme' }, 'update')])
  await write('company', 'account_ref', [change('account_ref', 'K-1', { name: 'Acme', arr: 1 })])
  await write('p14520000_machine', 'serial_number', [change('serial_number', 'M-1')])
  const basis = { legal_basis: 'LEGITIMATE_INTEREST_CLIENT', legal_basis_explanation: 'They are customers' }
  await write(
    'subscription',
    'email',
    [
      change('email', 'k1@x.example', { subscription_id: '301', status: 'UNSUBSCRIBED' }),
      change('email', 'k2@x.example', { subscription_id: '999', status: 'UNSUBSCRIBED' }),
    ],
    basis,
  )
  const batch = { scopes: ['communication_preferences.statuses.batch.write'], times: 1 }
  await sandbox.setFault('hubspot', 'missing_scopes', batch)
  await write('subscription', 'email', [
    change('email', 'k1@x.example', { subscription_id: '302', status: 'UNSUBSCRIBED' }),
  ])
  await sandbox.setFault('hubspot', 'bad_items', { ids: ['k4@x.example'], times: 1 })
  await write('contact', 'email', [change('email', 'k4@x.example'), change('email', 'k5@x.example')])
  await sandbox.setFault('hubspot', 'all_or_nothing', { times: 1 })
  await write('contact', 'email', [change('email', 'nobody'), change('email', 'k6@x.example')]).catch(
    // Refused as a whole: the engine would halve it.
    (error: unknown) => expect(error).toBeInstanceOf(Error),
  )
}

/**
 * Where HubSpot's own guides show otherwise: an error has a status, and a property without a value is null.
 * https://developers.hubspot.com/docs/api-reference/error-handling
 * https://developers.hubspot.com/docs/api-reference/crm-objects-v3/guide
 */
const loose = [/ 4\d\d\.status is not described$/, /results\[\]\.properties\.\w+: null is no string$/]

/** What people do there, and the connector does not. */
const byPeople = 'POST /crm/v3/objects/:type/merge'

const unique = (said: readonly string[]) => [...new Set(said)]
