import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { optionFlaw } from '../../../src/connector/option-flaw.ts'
import { exact } from '../exact-number.ts'
import { change, openHubspot, type OpenedHubspot } from './open-hubspot.ts'

let vendor: OpenedHubspot
beforeEach(async () => {
  vendor = await openHubspot()
})
afterEach(() => vendor[Symbol.asyncDispose]())

const ok = { outcome: 'ok' }
const path = 'POST /communication-preferences/v4/statuses/batch/write'
const say = (email: string, status?: string, id = '301') =>
  change('email', email, { subscription_id: id, ...(status === undefined ? {} : { status }) })
const write = (changes: Parameters<OpenedHubspot['write']>[2], options = {}) =>
  vendor.write('subscription', 'email', changes, options)
const statusOf = async (email: string, id = 301) =>
  (await vendor.sandbox.show('hubspot', 'subscription', `${email}/${id}`))[0]?.['status']

describe('subscriptions', () => {
  it('are written by type, with the legal basis of the sync', async () => {
    const legal = { legal_basis: 'LEGITIMATE_INTEREST_CLIENT', legal_basis_explanation: 'They are customers' }
    const { fields, ...rest } = say('b@x.example', 'UNSUBSCRIBED')
    const results = await write(
      [say('a@x.example', 'UNSUBSCRIBED'), { ...rest, fields: { ...fields, subscription_id: exact('302') } }],
      legal,
    )
    expect(results).toEqual([ok, ok])
    expect(await vendor.sandbox.show('hubspot', 'subscription', 'b@x.example/302')).toMatchObject([
      { status: 'UNSUBSCRIBED', legalBasis: 'LEGITIMATE_INTEREST_CLIENT', legalBasisExplanation: 'They are customers' },
    ])
    expect(await vendor.asked()).toEqual([path])
  })

  it('never say an opt-in that the change does not have', async () => {
    await write([say('a@x.example', 'UNSUBSCRIBED')])
    expect(await write([say('a@x.example'), say('b@x.example')])).toEqual([ok, ok])
    expect(await vendor.asked()).toEqual([])
    expect(await statusOf('a@x.example')).toBe('UNSUBSCRIBED')
    expect(await statusOf('b@x.example')).toBeUndefined()
  })

  it('send opt-outs first, and opt-ins in a request of their own that is never repeated', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('status', { status: 503, times: 2, after: 1, match: 'statuses' })
    const results = await patient.write('subscription', 'email', [
      say('in@x.example', 'SUBSCRIBED'),
      say('out@x.example', 'UNSUBSCRIBED'),
    ])
    expect(results).toMatchObject([{ outcome: 'unknown' }, ok])
    const requests = await patient.requests()
    expect(requests.map(({ status, body }) => [status, body?.includes('"UNSUBSCRIBED"')])).toEqual([
      [200, true],
      [503, false],
    ])
  })

  it('repeat an opt-out until it is heard', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('status', { status: 503, times: 2, match: 'statuses' })
    expect(await patient.write('subscription', 'email', [say('a@x.example', 'UNSUBSCRIBED')])).toEqual([ok])
  })

  it('take back an opt-out where the change says so: this API does not refuse it', async () => {
    await write([say('a@x.example', 'UNSUBSCRIBED')])
    expect(await write([say('a@x.example', 'SUBSCRIBED')])).toEqual([ok])
    expect(await statusOf('a@x.example')).toBe('SUBSCRIBED')
  })

  it('hear of each row, errors in a 200 too', async () => {
    expect(
      await write([
        say('a@x.example', 'UNSUBSCRIBED'),
        say('nobody', 'UNSUBSCRIBED'),
        say('b@x.example', 'UNSUBSCRIBED', '999'),
        say('c@x.example', 'OUT'),
        say('d@x.example', 'UNSUBSCRIBED', 'news'),
      ]),
    ).toMatchObject([
      ok,
      { outcome: 'rejected', message: expect.stringContaining('Email address nobody is invalid (correlation id ') },
      { outcome: 'rejected', message: expect.stringContaining('Subscription 999 does not exist') },
      { outcome: 'rejected', code: 'MR-5005', message: expect.stringContaining('must be UNSUBSCRIBED or SUBSCRIBED') },
      { outcome: 'rejected', code: 'MR-5005', message: expect.stringContaining('and was news') },
    ])
    expect((await vendor.requests()).map(({ status }) => status)).toEqual([200])
  })

  it('do not wait for one that HubSpot does not take and does not name', async () => {
    await vendor.fault('unnamed_errors', { times: 'always' })
    await vendor.fault('bad_items', { times: 1, ids: ['c@x.example'] })
    expect(
      await write([
        say('a@x.example', 'UNSUBSCRIBED'),
        say('nobody', 'UNSUBSCRIBED'),
        say('c@x.example', 'UNSUBSCRIBED'),
      ]),
    ).toMatchObject([ok, { outcome: 'rejected', retryable: false }, ok])
    expect(await statusOf('c@x.example')).toBe('UNSUBSCRIBED')
  })

  it.each([302, 404, 405])('end with a %i that is no answer of HubSpot’s, which blames nobody', async (status) => {
    await vendor.fault('status', { status, times: 'always', body: '<html>Sign in</html>', match: 'statuses' })
    await expect(write([say('a@x.example', 'UNSUBSCRIBED')])).rejects.toMatchObject({ code: 'MR-3001' })
  })

  it('are refused each n-th of a batch by the fault bad_items', async () => {
    await vendor.fault('bad_items', { every: 2 })
    const outcomes = (await write([...'abcd'].map((name) => say(`${name}@x.example`, 'UNSUBSCRIBED')))).map(
      ({ outcome }) => outcome,
    )
    expect(outcomes).toEqual(['rejected', 'ok', 'rejected', 'ok'])
  })

  it('that are refused whole behind others that were taken go in halves, until one stands alone', async () => {
    const spec = { status: 400, body: { category: 'VALIDATION_ERROR', message: 'no' }, match: 'statuses' }
    const people = [
      say('out@x.example', 'UNSUBSCRIBED'),
      say('a@x.example', 'SUBSCRIBED'),
      say('b@x.example', 'SUBSCRIBED'),
    ]
    await vendor.fault('status', { ...spec, after: 1, times: 1 })
    expect(await write(people)).toEqual([ok, ok, ok])
    expect(await vendor.asked()).toEqual(Array(4).fill(path))
    await vendor.fault('status', { ...spec, after: 1, times: 'always' })
    expect(await write(people)).toMatchObject([ok, { outcome: 'rejected' }, { outcome: 'rejected' }])
  })

  it('that opt in are not sent again where HubSpot does not say whom it refused', async () => {
    await vendor.fault('unnamed_errors', { times: 'always' })
    const results = await write([say('nobody', 'SUBSCRIBED'), say('nobody else', 'SUBSCRIBED')])
    expect(results).toMatchObject(Array(2).fill({ outcome: 'rejected', retryable: true }))
    expect(await vendor.asked()).toEqual([path])
  })

  it('are refused without a legal basis where the account demands one', async () => {
    await vendor.fault('data_privacy', { times: 'always' })
    expect(await write([say('a@x.example', 'UNSUBSCRIBED')])).toMatchObject([
      { outcome: 'rejected', message: expect.stringContaining('legalBasis and legalBasisExplanation are required') },
    ])
  })

  it.each([
    [{ legal_basis: 'BECAUSE' }, /the option legal_basis of subscription is refused/],
    [{ basis: 'x' }, /subscription has no option basis/],
    [{ legal_basis: 'NON_GDPR', legal_basis_explanation: 'They asked' }, null],
  ])('say which options they take: %o', async (options, flaw) => {
    const said = optionFlaw(await vendor.object('subscription'), options)
    if (flaw === null) expect(said).toBeNull()
    else expect(said).toMatch(flaw)
  })

  it('are taken only where the answer holds the status that was asked for', async () => {
    const results = [{ subscriberIdString: 'a@x.example', subscriptionId: 301, status: 'SUBSCRIBED' }]
    await vendor.fault('error_200', { body: { status: 'COMPLETE', results } })
    expect(await write([say('a@x.example', 'UNSUBSCRIBED'), say('b@x.example', 'UNSUBSCRIBED')])).toMatchObject([
      { outcome: 'rejected', code: 'STATUS_NOT_CHANGED' },
      { outcome: 'unknown' },
    ])
  })

  it('can only be mapped as opt-outs, and are no property of a contact', async () => {
    const { fields, match } = await vendor.object('subscription')
    expect(fields['status']).toMatchObject({ optOut: true, nullable: false })
    expect(match).toEqual({ email: { normalise: 'lower' } })
  })

  it('of people who unsubscribe by themselves change as days pass', async () => {
    const before = (await vendor.sandbox.show('hubspot', 'subscription')).length
    await vendor.sandbox.move(30)
    const after = await vendor.sandbox.show('hubspot', 'subscription')
    expect(after.length).toBeGreaterThan(before)
    expect(after.every(({ status }) => status === 'UNSUBSCRIBED')).toBe(true)
  })
})

describe('subscriptions of a token without the scope of the batch', () => {
  const one = 'POST /communication-preferences/v4/statuses/'
  const take = (of: OpenedHubspot, ...scopes: readonly string[]) =>
    of.fault('missing_scopes', { scopes: [`${scope}.statuses.batch.write`, ...scopes], times: 'always' })
  const scope = 'communication_preferences'

  beforeEach(() => take(vendor))

  it('go one person a request, which the connection remembers', async () => {
    const legal = { legal_basis: 'LEGITIMATE_INTEREST_CLIENT', legal_basis_explanation: 'They are customers' }
    const changes = [say('a+news@x.example', 'UNSUBSCRIBED'), say('b@x.example', 'SUBSCRIBED')]
    expect(await write(changes, legal)).toEqual([ok, ok])
    expect(await vendor.asked()).toEqual([path, `${one}a%2Bnews%40x.example`, `${one}b%40x.example`])
    expect(await vendor.sandbox.show('hubspot', 'subscription', 'a+news@x.example/301')).toMatchObject([
      { status: 'UNSUBSCRIBED', legalBasis: 'LEGITIMATE_INTEREST_CLIENT', legalBasisExplanation: 'They are customers' },
    ])
    expect(await write([say('c@x.example', 'UNSUBSCRIBED')])).toEqual([ok])
    expect(await vendor.asked()).toEqual([`${one}c%40x.example`])
    const { preview } = await vendor.object('subscription')
    expect(preview([say('c@x.example', 'UNSUBSCRIBED')], {})).toMatchObject([
      { path: '/communication-preferences/v4/statuses/c%40x.example', body: { statusState: 'UNSUBSCRIBED' } },
    ])
  })

  it('hear of each row, and one that HubSpot does not take keeps no other from going', async () => {
    const changes = [
      say('nobody', 'UNSUBSCRIBED'),
      say('a@x.example', 'UNSUBSCRIBED', '999'),
      say('b@x.example', 'UNSUBSCRIBED'),
    ]
    expect(await write(changes)).toMatchObject([
      { outcome: 'rejected', retryable: false, message: expect.stringContaining('Email address nobody is invalid') },
      { outcome: 'rejected', message: expect.stringContaining('Subscription 999 does not exist') },
      ok,
    ])
  })

  it('leave open what became of one whose answer is lost, and go on with the others', async () => {
    await vendor.fault('reset_after', { times: 1, match: 'statuses/a%40' })
    const results = await write([say('a@x.example', 'UNSUBSCRIBED'), say('b@x.example', 'UNSUBSCRIBED')])
    // Without what would end the delivery.
    expect(results).toEqual([{ outcome: 'unknown', message: expect.any(String) }, ok])
  })

  const letters = [...'abcdefghij']
  const optOuts = letters.map((name) => say(`${name}@x.example`, 'UNSUBSCRIBED'))
  const refusedKey = { status: 'error', message: 'expired', category: 'EXPIRED_AUTHENTICATION', correlationId: 'c-1' }
  const countOut = async () =>
    (await vendor.sandbox.show('hubspot', 'subscription')).filter(
      ({ subscriberIdString, status }) => /^.@x/.test(String(subscriberIdString)) && status === 'UNSUBSCRIBED',
    ).length

  it.each(['a', 'e', 'j'])('go where HubSpot says of one alone that it has nobody like %s', async (name) => {
    const body = { status: 'error', message: 'resource not found', correlationId: 'c-1' }
    await vendor.fault('status', { status: 404, times: 'always', match: `statuses/${name}%40`, body })
    const results = await write(optOuts)
    expect(results[letters.indexOf(name)]).toMatchObject({
      outcome: 'rejected',
      message: 'resource not found (correlation id c-1)',
    })
    expect(await countOut()).toBe(9)
  })

  it.each([302, 403, 404])('go where a proxy answers with a %i for one of them', async (status) => {
    await vendor.fault('status', { status, times: 'always', match: 'statuses/a%40', body: '<html>no</html>' })
    expect(await write(optOuts)).toEqual([{ outcome: 'unknown', message: expect.any(String) }, ...Array(9).fill(ok)])
    expect(await countOut()).toBe(9)
  })

  it.each([302, 403, 404])('end nothing with one who is alone, whom a proxy answers with a %i', async (status) => {
    await vendor.fault('status', { status, times: 'always', match: 'statuses/a%40', body: '<html>no</html>' })
    expect(await write([say('a@x.example', 'UNSUBSCRIBED'), say('b@x.example')])).toEqual([
      { outcome: 'unknown', message: expect.any(String) },
      ok,
    ])
  })

  it.each([
    ['HubSpot itself refuses who asks', optOuts.slice(0, 1), { status: 401, body: refusedKey }],
    ['a proxy answers for one after another', optOuts, { status: 403, body: '<html>no</html>' }],
  ])('end with the error where %s', async (_, changes, spec) => {
    await vendor.fault('status', { ...spec, times: 'always', match: 'statuses/.%40' })
    await expect(write(changes)).rejects.toMatchObject({ code: 'MR-3001' })
  })

  it('end at once where somebody else answers for one who opts in: nobody after them is used up', async () => {
    await vendor.fault('status', { status: 404, times: 'always', match: 'statuses/b%40', body: '<html>no</html>' })
    await write(letters.map((name) => say(`${name}@x.example`, 'SUBSCRIBED')))
    expect((await vendor.asked()).slice(1)).toEqual([`${one}a%40x.example`, `${one}b%40x.example`])
  })

  it('are given up for now where one after another gets no answer, without denying what was done', async () => {
    await write([say('a@x.example', 'UNSUBSCRIBED')])
    await vendor.fault('status', { status: 503, times: 'always', match: 'statuses/[^a]' })
    const people = [...'abcdefghijklmnopqrstuvwxyz'].map((name) => say(`${name}@x.example`, 'UNSUBSCRIBED'))
    await vendor.requests()
    const results = await write(people)
    expect(results).toMatchObject([ok, ...Array(25).fill({ outcome: 'unknown' })])
    // What ends the delivery: with the rows of which it is not known, and with those that did not go.
    const ended = results.flatMap((result) => (result.outcome === 'unknown' ? [result.failure?.code] : []))
    expect(ended.filter((code) => code === 'MR-3003').length).toBeGreaterThan(15)
    const { length } = await vendor.requests()
    expect(length).toBeGreaterThanOrEqual(7)
    expect(length).toBeLessThan(20)
    await expect(write(people.slice(1))).rejects.toMatchObject({ code: 'MR-3003' })
    await vendor.requests()
    const optIns = [...'abcdef'].map((name) => say(`${name}@x.example`, 'SUBSCRIBED'))
    expect(await write(optIns)).toMatchObject([ok, ...Array(5).fill({ outcome: 'unknown' })])
    expect((await vendor.requests()).map(({ status }) => status)).toEqual([200, 503, 503, 503])
  })

  it('go several people at a time, a person’s types in order; those that opt in one at a time', async () => {
    const wait = () => vendor.fault('delay', { ms: 500, times: 1, match: 'statuses/a%40' })
    await wait()
    const rows = (status: string) => [
      say('a@x.example', status),
      say('a@x.example', status, '302'),
      say('b@x.example', status),
      say('c@x.example', status),
    ]
    expect(await write(rows('UNSUBSCRIBED'))).toEqual([ok, ok, ok, ok])
    const asked = async () =>
      (await vendor.requests())
        .filter(({ status }) => status === 200)
        .map(
          ({ path, body }) => `${path.at(path.lastIndexOf('/') + 1)}${/"subscriptionId":(\d+)/.exec(body ?? '')?.[1]}`,
        )
    const [first, second, third, ...rest] = await asked()
    expect([new Set([first, second, third]), rest]).toEqual([new Set(['a301', 'b301', 'c301']), ['a302']])
    await wait()
    expect(await write(rows('SUBSCRIBED'))).toEqual([ok, ok, ok, ok])
    expect(await asked()).toEqual(['a301', 'a302', 'b301', 'c301'])
  })

  it('that opt in go once, also where their answer is lost', async () => {
    await using patient = await openHubspot({ retry: {} })
    await take(patient)
    await patient.fault('gateway_timeout', { times: 1, match: 'statuses/a%40' })
    const changes = [say('a@x.example', 'SUBSCRIBED'), say('b@x.example', 'SUBSCRIBED')]
    expect(await patient.write('subscription', 'email', changes)).toMatchObject([{ outcome: 'unknown' }, ok])
    expect(await patient.asked()).toEqual([path, `${one}a%40x.example`, `${one}b%40x.example`])
  })

  it('are refused with the scope that any plan has, where the token lacks that one too', async () => {
    await take(vendor, `${scope}.write`, `${scope}.read_write`)
    await expect(write([say('a@x.example', 'UNSUBSCRIBED')])).rejects.toMatchObject({
      code: 'MR-3001',
      message: expect.stringContaining(`It needs ${scope}.read_write or ${scope}.write.`),
    })
  })

  it('do not go one by one for another refusal', async () => {
    await vendor.fault('missing_scopes', null)
    await vendor.fault('status', { status: 403, times: 1, body: { category: 'BANNED', message: 'no' } })
    await expect(write([say('a@x.example', 'UNSUBSCRIBED')])).rejects.toMatchObject({ code: 'MR-3001' })
    expect(await vendor.asked()).toEqual([path])
  })
})
