import { describe, expect, it, onTestFinished } from 'vitest'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import type { Change, Fields } from '../../../src/model/change.ts'
import { exact } from '../exact-number.ts'
import { change, openCustomerio } from './open-customerio.ts'

const ok = { outcome: 'ok' }
const topic = 'cio_subscription_preferences.topics.topic_3'

async function open(keys: { readonly [key: string]: unknown } = {}) {
  const app = { app_api_key: sandboxCredentials.appKey, settle_seconds: 0 }
  const vendor = await openCustomerio({ keys: { ...app, ...keys } })
  onTestFinished(() => vendor[Symbol.asyncDispose]())
  return {
    ...vendor,
    write: (changes: readonly Change[], match = 'id') => vendor.person.write(changes, vendor.writeContext(match)),
    readBack: async (changes: readonly Change[], match = 'id') =>
      vendor.person.readBack?.(changes, vendor.writeContext(match)),
    fault: (name: string, spec = {}) => vendor.sandbox.setFault('customerio', name, spec),
    paths: async () => (await vendor.requests()).map(({ method, path }) => `${method} ${path}`),
  }
}

describe('without an App API key', () => {
  it('nothing is read, and what Customer.io drops counts as delivered', async () => {
    const { write, paths, person } = await open({ app_api_key: undefined })
    await write([change('A-1', { email: 'a@x.example' })])
    expect(await write([change('A-2', { email: 'a@x.example' })])).toEqual([ok])
    expect(await paths()).toEqual(['POST /api/v2/batch', 'POST /api/v2/batch'])
    expect(person.readBack).toBeUndefined()
  })
})

describe('a change that Customer.io answers with 200 and drops', () => {
  it('is a reject where its email belongs to somebody else, and says whose it is', async () => {
    const { write, stored } = await open()
    await write([change('A-1', { email: 'a@x.example' })])
    const owner = (await stored('A-1'))?.['cio_id']
    const results = await write([
      change('A-2', { email: 'b@x.example' }),
      change('A-3', { email: 'A@X.example', plan: 'lost' }),
      change('A-4', { plan: 'x' }),
    ])
    expect(results).toMatchObject([ok, { outcome: 'rejected', code: 'identifier_conflict' }, ok])
    expect(
      await write([change('A-2', { email: 'a@x.example' }, { previous: { id: 'A-2', email: 'b@x.example' } })]),
    ).toEqual([
      {
        outcome: 'rejected',
        code: 'identifier_conflict',
        message: `email belongs to another person (cio_id ${owner}): Customer.io answered 200, and dropped the change`,
        retryable: true,
      },
    ])
  })

  it('is a reject where the workspace does not let an email be changed by id', async () => {
    const { write, fault } = await open()
    await write([change('A-1', { email: 'a@x.example' })])
    await fault('email_updates_off', { times: 'always' })
    expect(await write([change('A-1', { email: 'b@x.example' })])).toMatchObject([
      {
        outcome: 'rejected',
        code: 'identifier_kept',
        message: expect.stringContaining('Allow updates to email using ID'),
      },
    ])
    expect(await write([change('A-1', { email: null })])).toMatchObject([{ code: 'identifier_kept' }])
  })

  it('is a reject where an id that is set would change, or is another’s', async () => {
    const { write } = await open()
    await write([change('A-1', { email: 'a@x.example' }), change('A-2', { email: 'b@x.example' })])
    expect(
      await write(
        [
          change('a@x.example', { id: 'A-9' }, { match: 'email' }),
          change('b@x.example', { id: 'A-1' }, { match: 'email' }),
        ],
        'email',
      ),
    ).toMatchObject([{ code: 'identifier_kept' }, { code: 'identifier_conflict' }])
  })

  it('is a reject where the person is suppressed', async () => {
    const { write, object, writeContext } = await open()
    await object('suppression').write([change('A-1', {}, { op: 'insert' })], writeContext())
    expect(await write([change('A-1', { plan: 'x' })])).toMatchObject([{ outcome: 'rejected', code: 'not_there' }])
  })

  it('may only be late: what does not show yet is not denied, and what another has is', async () => {
    const { write, fault } = await open()
    await write([change('A-1', { email: 'a@x.example' }), change('A-2', { email: 'b@x.example' })])
    await fault('late', { reads: 50, times: 'always' })
    const results = await write([
      change('A-1', { email: 'c@x.example' }),
      change('A-3', { email: 'd@x.example' }),
      change('A-2', { email: 'a@x.example' }),
    ])
    expect(results).toMatchObject([
      { code: 'identifier_kept', maybeTaken: true },
      { code: 'not_there', maybeTaken: true },
      { code: 'identifier_conflict' },
    ])
    expect(results[2]).not.toHaveProperty('maybeTaken')
  })

  it('is not all dropped where an opt-out went beside a row that was refused', async () => {
    const { write, stored, fault } = await open()
    await write([change('A-1', { email: 'a@x.example' })])
    // The fourth item is the row of A-1, the third its opt-out.
    await fault('bad_items', { every: 3 })
    const results = await write([
      change('A-2'),
      change('A-3'),
      change('A-1', { email: 'b@x.example', unsubscribed: true }),
    ])
    expect(results).toMatchObject([{ outcome: 'rejected' }, ok, { outcome: 'rejected', maybeTaken: true }])
    expect(results[0]).not.toHaveProperty('maybeTaken')
    expect(await stored('A-1')).toMatchObject({ unsubscribed: true })
  })

  it('is absent where it updates nobody', async () => {
    const { write } = await open()
    await write([change('A-1')])
    const results = await write([
      change('A-1', { plan: 'x' }, { op: 'update' }),
      change('nobody', { plan: 'x' }, { op: 'update' }),
    ])
    expect(results).toMatchObject([ok, { outcome: 'absent' }])
  })
})

describe('reading back', () => {
  it('asks only for people who are new, or whose identifiers change', async () => {
    const { write, paths } = await open()
    const previous = { id: 'A-1', email: 'a@x.example', plan: 'x' }
    await write([change('A-1', { email: 'a@x.example', plan: 'x' })])
    await write([change('A-1', { email: 'a@x.example', plan: 'y' }, { previous })])
    await write([change('A-1', { plan: null }, { op: 'clear' }), change('A-1', {}, { op: 'delete' })])
    expect(await paths()).toEqual([
      'POST /api/v2/batch',
      'POST /v1/customers/attributes?id_type=id',
      'POST /api/v2/batch',
      'POST /api/v2/batch',
    ])
  })

  it('asks for a hundred at once, not faster than ten times a second', async () => {
    const { write, requests } = await open()
    const began = performance.now()
    const results = await write(Array.from({ length: 250 }, (_, n) => change(`A-${n}`)))
    expect(results.every(({ outcome }) => outcome === 'ok')).toBe(true)
    expect(performance.now() - began).toBeGreaterThan(200)
    const asked = (await requests()).slice(1).map(({ body }) => JSON.parse(body ?? '').ids.length)
    expect(asked).toEqual([100, 100, 50])
  })

  it('waits for Customer.io to have done what it took', async () => {
    const { write, fault } = await open({ settle_seconds: 0.4 })
    await fault('late', { reads: 3, times: 'always' })
    expect(await write([change('A-1', { email: 'a@x.example' })])).toEqual([ok])
  })

  it.each(['reset_before', 'html', 'error_200', 'cut_json'])(
    'that fails (%s) leaves open what became of those rows, and of no others',
    async (name) => {
      const { write, fault } = await open()
      await write([change('A-1', { plan: 'x' })])
      await fault(name, { times: 'always', match: '/v1/customers' })
      const known = change('A-1', { plan: 'y' }, { previous: { id: 'A-1', plan: 'x' } })
      expect(await write([change('A-2'), known, change('A-3', { unsubscribed: 'no' })])).toMatchObject([
        { outcome: 'unknown', message: expect.stringContaining('taken, and not read back') },
        ok,
        { outcome: 'rejected' },
      ])
    },
  )

  it('never opts anybody in: it only reads', async () => {
    const { write, readBack, requests } = await open()
    const rows = [change('A-1', { unsubscribed: true, [topic]: false })]
    await write(rows)
    await readBack(rows)
    const sent = (await requests()).filter(({ path }) => !path.startsWith('/v1/'))
    expect(sent).toHaveLength(1)
  })
})

describe('what it tells', () => {
  it('is each field in the type in which it was sent, and opt-outs as they are', async () => {
    const { write, readBack } = await open()
    const fields: Fields = {
      email: 'A@x.example',
      unsubscribed: true,
      [topic]: false,
      score: 1.5,
      big: exact('12345678901234567890'),
      is_on: false,
      tags: { b: [1], a: 'x' },
      text: '12',
      gone: null,
      created_at: 1_700_000_000,
    }
    await write([change('A-1', fields)])
    const [held, nobody] = (await readBack([change('A-1', fields), change('nobody', fields)])) ?? []
    expect(JSON.stringify(held)).toBe(JSON.stringify({ id: 'A-1', ...fields }))
    expect(nobody).toBeNull()
  })

  it('differs where it differs', async () => {
    const { write, readBack } = await open()
    await write([change('A-1', { plan: 'pro', score: 2, email: 'a@x.example' })])
    const asked = change('A-1', {
      plan: 'free',
      score: 3,
      email: 'b@x.example',
      unsubscribed: true,
      [topic]: false,
      tags: [1],
    })
    expect(await readBack([asked])).toEqual([
      { id: 'A-1', plan: 'pro', score: '2', email: 'a@x.example', unsubscribed: false, [topic]: null, tags: null },
    ])
  })

  it('finds people by email and by cio_id', async () => {
    const { write, readBack, stored } = await open()
    await write([change('A-1', { email: 'A@x.example' })])
    const cioId = String((await stored('A-1'))?.['cio_id'])
    expect(await readBack([change('a@x.example', {}, { match: 'email' })], 'email')).toEqual([{ email: 'a@x.example' }])
    expect(await readBack([change(cioId, {}, { match: 'cio_id' })], 'cio_id')).toEqual([{ cio_id: cioId }])
  })
})

describe('the key of the App API', () => {
  const signal = AbortSignal.timeout(60_000)

  it('is tried when the connection is', async () => {
    const { opened, paths } = await open()
    await opened.check({ signal })
    expect(await paths()).toEqual(['GET /api/v1/accounts/region', 'GET /v1/object_types'])
  })

  it('is refused where it is wrong', async () => {
    const { opened } = await open({ app_api_key: 'another' })
    await expect(opened.check({ signal })).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining('app_api_key and region (eu) must belong together'),
    })
  })

  it('is a reference in the sandbox, where no secret is looked up', async () => {
    const { opened } = await open({ app_api_key: '${env:CIO_APP_KEY}' })
    await expect(opened.check({ signal })).resolves.toBeUndefined()
  })
})
