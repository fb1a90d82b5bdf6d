import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkAgainstConnectors, type ConnectorLookup } from '../../src/config/check-against-connectors.ts'
import { loadProject } from '../../src/config/load.ts'
import { brief, caughtFrom, sound, tempProject, type Files } from './temp-project.ts'

const salesforce = z.strictObject({
  client_secret: z.string().meta({ secret: true }),
  site: z.string().optional().meta({ secret: true }),
  pin: z.string().meta({ secret: true }).default('none').optional(),
  region: z.enum(['us', 'eu']).default('us'),
  login_url: z.url().default('https://login.test'),
})

const audience = z.object({ list: z.string(), by: z.enum(['mail', 'phone']).optional() })

const lookup: ConnectorLookup = {
  connectorNames: () => ['customerio', 'salesforce'],
  streamNames: (name) => (name === 'salesforce' ? ['Account', 'Contact'] : []),
  streamOptions: () => null,
  objectNames: (name) => (name === 'customerio' ? ['person'] : null),
  objectOptions: (name) => (name === 'customerio' ? {} : null),
  configSchema: (name) => (name === 'salesforce' ? salesforce : z.strictObject({})),
}

async function check(files: Files, over: Partial<ConnectorLookup> = {}): Promise<readonly string[]> {
  const project = await loadProject(await tempProject(files))
  const found = await caughtFrom(() => checkAgainstConnectors(project, { ...lookup, ...over }))
  expect(JSON.stringify(found.map(({ message, next, place }) => [message, next, place]))).not.toContain('hunter2')
  return found.map((error) => `${brief(error)} | ${error.message} | ${error.next.join(' ')}`)
}

const millrace = (from: string, to: string): Files => ({
  'millrace.yaml': (sound['millrace.yaml'] ?? '').replace(from, () => to),
})

describe('checkAgainstConnectors', () => {
  it('has nothing to say of a sound project', async () => {
    expect(await check({})).toEqual([])
  })

  it('says that a connector is not there', async () => {
    expect(await check(millrace('connector: salesforce', 'connector: saleforce'))).toEqual([
      'MR-1204 millrace.yaml:5:21 saleforce | there is no connector `saleforce` | Did you mean `salesforce`?',
    ])
  })

  it('says that a stream is not there, and lets globs be', async () => {
    expect(await check({ 'syncs/crm.yaml': 'source: crm\nstreams: { Acount: {}, "*__c": {}, Contact: }\n' })).toEqual([
      'MR-1208 syncs/crm.yaml:2:12 Acount | salesforce has no stream `Acount` | Did you mean `Account`?',
    ])
  })

  it('does not judge streams that are known only at the source', async () => {
    expect(
      await check(
        { 'syncs/crm.yaml': 'source: crm\nstreams: { Anything: {}, Contact: }\n' },
        { streamNames: () => null },
      ),
    ).toEqual([])
  })

  it('says that an object is not there', async () => {
    expect(
      await check({
        'syncs/people.yaml': (sound['syncs/people.yaml'] ?? '').replace('object: person', 'object: persn'),
      }),
    ).toEqual(['MR-1209 syncs/people.yaml:4:9 persn | customerio takes no object `persn` | Did you mean `person`?'])
  })

  it.each<[string, ReturnType<ConnectorLookup['objectOptions']>, string, readonly string[]]>([
    [
      'takes none',
      {},
      'list: 7',
      [
        'MR-1209 syncs/people.yaml:5:1 options | the object `person` takes no options, so these would do nothing | Take `options` out.',
      ],
    ],
    ['takes none, and is given none', {}, '', []],
    ['is not known to take any', null, 'list: 7', []],
    [
      'takes others',
      { person: audience },
      'lits: a',
      ['MR-1203 syncs/people.yaml:5:12 lits | unknown key `lits` in `options` | Did you mean `list`?'],
    ],
    [
      'takes others values',
      { person: audience },
      'list: a, by: mial',
      [
        'MR-1201 syncs/people.yaml:5:25 mial | `options.by` is `mial`; it can be `mail`, `phone` | Did you mean `mail`?',
      ],
    ],
    ['takes these', { person: audience }, 'list: a, by: mail', []],
  ])('holds the options of a delivery against an object that %s', async (_, schemas, options, found) => {
    const yaml = (sound['syncs/people.yaml'] ?? '').replace('match:', `options: { ${options} }\nmatch:`)
    expect(await check({ 'syncs/people.yaml': yaml }, { objectOptions: () => schemas })).toEqual(found)
  })

  const contacts = z.object({ fields: z.array(z.string()).min(1), by: z.enum(['day', 'week']).optional() })
  it.each<[string, string, readonly string[]]>([
    [
      'has no such option, and is not given one that it needs',
      'streams: { Contact: { options: { feilds: [a] } } }',
      [
        'MR-1203 syncs/crm.yaml:2:34 feilds | unknown key `feilds` in `streams.Contact.options` | Did you mean `fields`?',
      ],
    ],
    [
      'does not take it so',
      'streams: { Contact: { options: { fields: [a], by: dya } } }',
      [
        'MR-1201 syncs/crm.yaml:2:51 dya | `streams.Contact.options.by` is `dya`; it can be `day`, `week` | Did you mean `day`?',
      ],
    ],
    [
      'does not take it so from the sync',
      'options: { fields: [a], by: dya }\nstreams: { Contact: {}, Account: {} }',
      [
        'MR-1201 syncs/crm.yaml:2:29 dya | `streams.Contact.options.by` is `dya`; it can be `day`, `week` | Did you mean `day`?',
      ],
    ],
    [
      'takes none',
      'streams: { Account: { options: { by: day } }, Contact: { options: { fields: [a] } } }',
      [
        'MR-1208 syncs/crm.yaml:2:23 options | the stream `Account` takes no options, so these would do nothing | Take `options` out.',
      ],
    ],
    [
      'is not there for what the sync gives to all',
      'options: { fields: [a], feilds: [b] }\nstreams: { Contact: {}, Account: {} }',
      [
        'MR-1208 syncs/crm.yaml:2:25 feilds | none of the sync’s streams takes the option `feilds`, so it would do nothing | Did you mean `fields`?',
      ],
    ],
    ['takes these', 'options: { by: day }\nstreams: { Contact: { options: { fields: [a] } }, Account: {} }', []],
    ['is known only at the source', 'options: { yb: day }\nstreams: { "*": { options: { x: 1 } }, Account: {} }', []],
    ['is switched off', 'streams: { Contact: { enabled: false, options: { x: 1 } }, Account: {} }', []],
  ])('holds the options of a load against a stream that %s', async (_, yaml, found) => {
    const over = { streamOptions: () => ({ Contact: contacts }) }
    const files = { 'syncs/crm.yaml': `source: crm\n${yaml}\n` }
    expect(await check(files, over)).toEqual(found)
    expect(await check(files)).toEqual([])
  })

  it('checks a connection’s keys by the connector’s schema, all at once', async () => {
    expect(await check(millrace("client_secret: '${env:SF_SECRET}'", "clint_secret: '${env:X}', region: uk"))).toEqual([
      'MR-1203 millrace.yaml:5:33 clint_secret | unknown key `clint_secret` in `connections.crm` | Did you mean `client_secret`?',
      'MR-1201 millrace.yaml:5:67 uk | `connections.crm.region` is `uk`; it can be `us`, `eu` | ',
    ])
  })

  it('leaves a value to its reference', async () => {
    expect(
      await check(millrace('client_secret:', "region: '${env:REGION}', login_url: '${env:URL}', client_secret:")),
    ).toEqual([])
  })

  it('refuses a literal where the connector says that the key is secret', async () => {
    expect(await check(millrace('client_secret:', 'site: hunter2, client_secret:'))).toEqual([
      'MR-1205 millrace.yaml:5:39 ••••••• | `connections.crm.site` holds a secret in the open | Write a reference: `${env:CRM_SITE}` or `${file:/run/secrets/…}`.',
    ])
  })

  it.each([
    ['a number that is a secret', 'site: 84751234hunter2, pin: 84751234, client_secret:'],
    ['a value behind a key that nobody knows', 'pw_of_mine: hunter2, client_secret:'],
    [
      'a value behind a key that nobody knows, on several lines',
      'pw_of_mine: {\n    a: [hunter2, 84751234] }, client_secret:',
    ],
    ['a value of a connector that nobody knows', 'other: hunter2, region: 84751234, client_secret:', 'saleforce'],
    ['a secret beside another mistake', 'regon: us, site: hunter2, client_secret:'],
  ])('does not show %s', async (_, keys, connector = 'salesforce') => {
    const text = (sound['millrace.yaml'] ?? '').replace('client_secret:', () => keys)
    const files = { 'millrace.yaml': text.replace('connector: salesforce', `connector: ${connector}`) }
    const found = await caughtFrom(async () =>
      checkAgainstConnectors(await loadProject(await tempProject(files)), lookup),
    )
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found.map(({ message, next, place }) => [message, next, place]))).not.toMatch(
      /hunter2|84751234/,
    )
  })

  it('sees that a key is secret through its default, and through its being optional', async () => {
    expect(await check(millrace('client_secret:', 'pin: hunter2, client_secret:'))).toEqual([
      expect.stringContaining('`connections.crm.pin` holds a secret in the open'),
    ])
  })

  it('checks what a target lays over a connection', async () => {
    expect(
      await check(millrace('sandbox: true', 'sandbox: true, connections: { crm: { regoin: eu, region: fr } }')),
    ).toEqual([
      'MR-1203 millrace.yaml:3:51 regoin | unknown key `regoin` in `targets.sandbox.connections.crm` | Did you mean `region`?',
      'MR-1201 millrace.yaml:3:71 fr | `targets.sandbox.connections.crm.region` is `fr`; it can be `us`, `eu` | ',
    ])
  })
})
