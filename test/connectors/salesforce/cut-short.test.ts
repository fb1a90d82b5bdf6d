/** A delivery that Salesforce cuts short in the middle of a batch: what was taken stays taken, and the run says why it ended. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { column, makeWorld, run, type World } from '../../reverse-etl/world.ts'
import { changeOf, openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeEach(async () => {
  org = await openSalesforce({ keys: { bulk_from: 10_001 } })
})
afterEach(() => org[Symbol.asyncDispose]())

async function makeAccounts(rows: number): Promise<World> {
  const map = [column('External_Id__c', 'id'), column('Name', 'name')]
  const world = makeWorld({ sync: { match: 'External_Id__c', object: 'Account', primaryKey: ['id'], map } })
  world.vendor = { ...world.vendor, object: await org.object('Account') }
  world.columns = { id: 'VARCHAR', name: 'VARCHAR' }
  world.people = Array.from({ length: rows }, (_, i) => ({ id: `cut-${String(i).padStart(4, '0')}`, name: `N ${i}` }))
  return world
}
const send = (world: World) => run(world, { context: { callContext: (signal) => org.host.context(signal) } })
const patches = async () => (await org.sandbox.journal('salesforce')).filter(({ method }) => method === 'PATCH').length

it.each([
  ['the day’s quota is used up', 'daily_limit', 'MR-3006'],
  ['Salesforce is away', 'server_unavailable', 'MR-3003'],
])('the run fails where %s, and the next one sends the rest', async (_, fault, code) => {
  const world = await makeAccounts(450)
  await org.sandbox.setFault('salesforce', fault, { match: '^PATCH', after: 1, times: 'always' })
  const { ledger, error } = await send(world)
  expect(error).toMatchObject({ code, retry: 'later' })
  expect(ledger).toMatchObject({ delivered: 200, unknown: 250 })
  await org.sandbox.setFault('salesforce', fault, null)
  expect((await send(world)).ledger).toMatchObject({ retry: 250, delivered: 250, unchanged: 200 })
})

it('nothing of another kind goes either, and each row says what kept it', async () => {
  const account = await org.object('Account')
  const known = String((await org.sandbox.show('salesforce', 'Account'))[0]?.['External_Id__c'])
  const changes = Array.from({ length: 450 }, (_, i) => `cut-${i}`).map((key) =>
    changeOf('upsert', key, { External_Id__c: key, Name: key }),
  )
  await org.sandbox.setFault('salesforce', 'daily_limit', { match: '^PATCH', after: 1, times: 'always' })
  const update = changeOf('update', known, { External_Id__c: known, Sic: '1' })
  const results = await org.write(account, 'External_Id__c', [...changes, update])
  expect(results.slice(0, 200)).toEqual(Array(200).fill({ outcome: 'ok' }))
  const kept = { outcome: 'unknown', failure: expect.objectContaining({ code: 'MR-3006' }) }
  expect(results.slice(200)).toEqual(Array(251).fill(expect.objectContaining(kept)))
  expect(await patches()).toBe(2)
})

it.each([
  ['a redirect (a proxy’s page for signing in)', 302, '<html>sign in</html>'],
  ['a 404 of something between', 404, '<html>not found</html>'],
  ['a 405 of something between', 405, '<html>method not allowed</html>'],
])('%s blames no row: the run ends, and the next one sends the rest', async (_, status, body) => {
  const world = await makeAccounts(450)
  await org.sandbox.setFault('salesforce', 'status', { status, body, match: '^PATCH', after: 1, times: 'always' })
  const { ledger, error } = await send(world)
  expect(error).toMatchObject({ code: 'MR-3001' })
  expect(ledger).toMatchObject({ delivered: 200, rejected: 0, unknown: 250 })
  await org.sandbox.setFault('salesforce', 'status', null)
  expect((await send(world)).ledger).toMatchObject({ retry: 250, delivered: 250, unchanged: 200 })
})

it('a job whose results may not be read holds up neither what comes behind it nor any later run', async () => {
  await org[Symbol.asyncDispose]()
  org = await openSalesforce({ keys: { bulk_from: 50, bulk_wait_seconds: 1 } })
  const world = await makeAccounts(150)
  const { object } = world.vendor
  world.vendor = { ...world.vendor, object: { ...object, batch: { ...object.batch, rows: 50 } } }
  const body = [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'not for this user' }]
  await org.sandbox.setFault('salesforce', 'status', { status: 403, body, match: 'Results$', times: 'always' })
  const first = await send(world)
  expect(first.error).toBeUndefined()
  expect(first.ledger).toMatchObject({ delivered: 0, rejected: 0, unknown: 150 })
  const arrived = (await org.sandbox.show('salesforce', 'Account')).filter(({ Name }) => /^N \d+$/.test(String(Name)))
  expect(arrived).toHaveLength(150)
  const second = await send(world)
  expect(second.error).toBeUndefined()
  expect(second.ledger).toMatchObject({ retry: 150, unknown: 150 })
  await org.sandbox.setFault('salesforce', 'status', null)
  // What the last jobs say is taken over, and goes no more.
  const posts = async () => (await org.sandbox.journal('salesforce')).filter(({ method }) => method === 'POST').length
  const before = await posts()
  expect((await send(world)).ledger).toMatchObject({ unchanged: 150 })
  expect(await posts()).toBe(before)
})
