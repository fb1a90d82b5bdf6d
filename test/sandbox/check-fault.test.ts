import { describe, expect, it, test } from 'vitest'
import customerio from '../../connectors/customerio/sandbox.ts'
import facebook from '../../connectors/facebook_ads/sandbox.ts'
import google from '../../connectors/google_ads/sandbox.ts'
import hubspot from '../../connectors/hubspot/sandbox.ts'
import salesforce from '../../connectors/salesforce/sandbox.ts'
import stripe from '../../connectors/stripe/sandbox.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { checkFault } from '../../src/sandbox/check-fault.ts'
import { faultCatalogue, ownFaultsOf } from '../../src/sandbox/fault-catalogue.ts'
import type { FaultSpec } from '../../src/sandbox/fault.ts'
import { snowflakeFaults } from '../../src/sandbox/snowflake/faults.ts'
import { readOwnJson } from '../../src/sandbox/own-json.ts'
import { startSimulators } from '../../src/sandbox/host.ts'
import tiny from './tiny-simulator.ts'

const vendors = { customerio, facebook, google, hubspot, salesforce, stripe }
type VendorName = keyof typeof vendors

const faultsOf = (vendor: VendorName) => ({ ...faultCatalogue, ...ownFaultsOf(vendors[vendor].faults ?? {}) })

/** What is said of it; null: it is taken. */
function refusalOf(vendor: VendorName, name: string, spec: JsonObject): string | null {
  try {
    // As it comes from a command line: wrong on purpose.
    const read = readOwnJson<FaultSpec>(JSON.stringify(spec))
    checkFault(name, read, { vendor, faults: faultsOf(vendor), isOpen: false })
    return null
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MR-1001') throw error
    return [error.message, error.kept, ...error.next].join(' ')
  }
}

describe('a fault', () => {
  it.each<[VendorName, string, JsonObject, string]>([
    ['stripe', 'status', { times: 0 }, 'times is 0, and must be a whole number from 1 or "always"'],
    ['stripe', 'status', { times: 'often' }, 'times is "often"'],
    ['stripe', 'status', { match: '(' }, 'match is "(", and must be a regular expression'],
    ['stripe', 'status', { after: -1 }, 'after is -1'],
    ['stripe', 'status', { chance: 2 }, 'chance is 2, and must be a number from 0 to 1'],
    ['stripe', 'status', { status: 99 }, 'status is 99, and must be a whole number from 200 to 599'],
    ['stripe', 'status', { retry_after: 'soon' }, 'must be a number from 0 or "date" or "absurd"'],
    ['stripe', 'delay', { ms: '2s' }, 'ms is "2s", and must be a number from 0 to 2147483647'],
    ['stripe', 'delay', { ms: 3_000_000_000 }, 'ms is 3000000000'],
    ['stripe', 'inflate', { gigabytes: 'nine' }, 'gigabytes is "nine"'],
    ['stripe', 'hang', { handled: 'yes' }, 'handled is "yes", and must be true or false'],
    ['stripe', 'emptied', { keep: 2 }, 'keep is 2'],
    ['salesforce', 'refuse_rows', { code: 17 }, 'code is 17, and must be text'],
    ['customerio', 'bad_items', { ids: 'p7' }, 'ids is "p7", and must be a list of one or more'],
    ['customerio', 'bad_items', { ids: [] }, 'ids is [], and must be a list'],
    ['facebook', 'forbidden_account', { code: 11 }, 'code is 11, and must be 200 or 10'],
    ['hubspot', 'rate_limit', { policy: 'WEEKLY' }, 'must be "TEN_SECONDLY_ROLLING" or "DAILY"'],
  ])('of %s, %s, refuses %j', (vendor, name, spec, said) => {
    expect(refusalOf(vendor, name, spec)).toContain(said)
    expect(refusalOf(vendor, name, spec)).toContain('No fault was set.')
  })

  it.each<[VendorName, string, JsonObject, string]>([
    ['stripe', 'status', { statuss: 429 }, 'it takes no statuss. No fault was set. Did you mean status?'],
    ['stripe', 'status', { handled: true }, 'it takes no handled'],
    ['stripe', 'html', { tims: 2 }, 'Did you mean times?'],
    ['stripe', 'rate_limit', { retry_after: 1 }, 'it takes no retry_after'],
    ['google', 'quota', { customer: '1' }, 'it takes no customer'],
    ['salesforce', 'bulk_fails', { constructor: 1 }, 'it takes no constructor'],
  ])('of %s, %s, takes no key that is not its own: %j', (vendor, name, spec, said) => {
    expect(refusalOf(vendor, name, spec)).toContain(said)
  })

  it.each<[VendorName, string, string]>([
    ['customerio', 'bad_items', 'without ids or every it would do nothing'],
    ['facebook', 'usage', 'without percent it would do nothing'],
    ['stripe', 'account_revoked', 'without account it would do nothing'],
  ])('of %s, %s, says what it cannot do without', (vendor, name, said) => {
    expect(refusalOf(vendor, name, { times: 'always' })).toContain(said)
  })

  it.each(['times', 'match', 'after', 'chance', 'seed'])('that is on until it is taken away takes no %s', (key) => {
    expect(refusalOf('stripe', 'refused', { [key]: key === 'match' ? '/v1' : 1 })).toContain(
      `it takes no ${key}. No fault was set. It takes no keys: it is on until it is taken away`,
    )
    expect(refusalOf('stripe', 'refused', {})).toBeNull()
  })

  it('that a vendor does not play is no fault of it', () => {
    expect(refusalOf('stripe', 'expire_tokens', {})).toContain('there is no such fault')
    expect(refusalOf('stripe', 'ratelimit', {})).toContain('Did you mean rate_limit?')
    expect(refusalOf('hubspot', 'expire_tokens', {})).toBeNull()
  })

  it.each<[VendorName, string, JsonObject]>([
    ['stripe', 'status', { status: 429, retry_after: 'date', body: { error: 'no' }, times: 'always', chance: 0.5 }],
    ['stripe', 'hang', { handled: true, match: '^POST ', after: 2, seed: 7 }],
    ['stripe', 'inflate', { gigabytes: 0.25 }],
    ['facebook', 'forbidden_account', { account: 'act_1', code: 10 }],
    ['google', 'miscount', { by: -2 }],
    ['hubspot', 'missing_scopes', { scopes: ['oauth'] }],
  ])('of %s, %s, is taken as it is told: %j', (vendor, name, spec) => {
    expect(refusalOf(vendor, name, spec)).toBeNull()
  })
})

describe('a simulator that lists no faults', () => {
  it('takes any of its own, with the keys that every fault has as they are, and the host’s as for all', async () => {
    await using sandbox = await openTiny()
    await sandbox.setFault('tiny', 'rate_limit', { retry_after: 'whenever' })
    await sandbox.setFault('tiny', 'earthquake', { strength: 7 })
    await expect(sandbox.setFault('tiny', 'earthquake', { times: 0 })).rejects.toMatchObject({ code: 'MR-1001' })
    await expect(sandbox.setFault('tiny', 'status', { statuss: 1 })).rejects.toMatchObject({ code: 'MR-1001' })
    expect(Object.keys((await sandbox.status()).vendors[0]?.faults ?? {})).toEqual(['rate_limit', 'earthquake'])
  })
})

async function openTiny() {
  const sandbox = await startSimulators({ definitions: [tiny], dir: null, scale: 0.01 })
  return { ...sandbox, [Symbol.asyncDispose]: () => sandbox.close() }
}

const all = [
  ...Object.keys(vendors).map((vendor) => [vendor, faultsOf(vendor as VendorName)] as const), // they are its keys
  ['snowflake', snowflakeFaults] as const,
]
test.each(all)('the words of each fault of %s name its keys, and what it needs is one of them', (_, faults) => {
  for (const [name, { does, keys = {}, needs = [] }] of Object.entries(faults)) {
    for (const key of Object.keys(keys)) expect(`${name}: ${does}`).toMatch(new RegExp(`\\b${key}\\b`))
    expect(Object.keys(keys)).toEqual(expect.arrayContaining([...needs]))
  }
})
