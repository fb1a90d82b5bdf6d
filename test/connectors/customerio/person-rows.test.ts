/** People as rows of a model whose id or email moves while Customer.io drops what it does not like with a 200. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import { column, makeWorld, optOut, run as runSync, type Ran, type World } from '../../reverse-etl/world.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

let vendor: OpenedCustomerio
let world: World
beforeEach(async () => {
  vendor = await openCustomerio({ keys: { app_api_key: sandboxCredentials.appKey, settle_seconds: 0 } })
  world = makeWorld({
    sync: { map: [column('id', 'user'), column('email'), optOut('unsubscribed', 'opted_out')] },
  })
  world.columns = { id: 'VARCHAR', user: 'VARCHAR', email: 'VARCHAR', opted_out: 'BOOLEAN' }
})
afterEach(() => vendor[Symbol.asyncDispose]())

const run = (people: World['people'], object = vendor.person): Promise<Ran> => {
  world.people = people
  world.vendor = { ...world.vendor, object }
  return runSync(world, { context: { callContext: (signal) => vendor.host.context(signal) } })
}

/** Everything is taken, and no answer comes. */
const unanswering = () => {
  const { readBack: _none, ...blind } = vendor.person
  return {
    ...blind,
    write: async (...args: Parameters<typeof blind.write>) =>
      (await blind.write(...args)).map(() => ({ outcome: 'unknown' as const })),
  }
}

const ann = { id: 'm-1', user: 'p1', email: 'a@x.example', opted_out: false }

describe('an opt-out stands, and the row is a reject', () => {
  it('beside an email that somebody else took while it was sent away without an answer', async () => {
    await run([ann])
    await run([{ ...ann, email: 'b@x.example' }], unanswering())
    await vendor.person.write([change('p9', { email: 'a@x.example' })], vendor.writeContext())
    const { ledger } = await run([{ ...ann, opted_out: true }])
    expect(ledger).toMatchObject({ retry: 1, rejected: 1 })
    expect(await vendor.stored('p1')).toMatchObject({ email: 'b@x.example', unsubscribed: true })
  })

  it('beside the email of the person that the row meant before', async () => {
    await vendor.person.write([change('p2', {})], vendor.writeContext())
    await run([ann])
    const { ledger } = await run([{ ...ann, user: 'p2', opted_out: true }])
    expect(ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect(await vendor.stored('p2')).toMatchObject({ email: null, unsubscribed: true })
  })
})
