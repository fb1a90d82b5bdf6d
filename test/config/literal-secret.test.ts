import { describe, expect, it } from 'vitest'
import { show } from '../../src/config/zod-findings.ts'
import { brief, findingsOf, sound, type Files } from './temp-project.ts'

const millrace = sound['millrace.yaml'] ?? ''
const connection = (keys: string): Files => ({ 'millrace.yaml': `${millrace}  more: { connector: x, ${keys} }\n` })
const key = ['sk', 'live', 'a1b2c3d4e5f6g7h8'].join('_')

const refused: readonly (readonly [string, Files, string])[] = [
  ['under a secret’s name', connection('api_key: hunter2hunter2'), 'hunter2hunter2'],
  ['under a secret’s name in camel case', connection('clientSecret: hunter2hunter2'), 'hunter2hunter2'],
  ['a number under a secret’s name', connection('password: 84751234'), '84751234'],
  ['deep under a secret’s name', connection('credentials: { user: u, part: [hunter2hunter2] }'), 'hunter2hunter2'],
  ['a reference with text around it', connection('token: "abc${env:X}"'), 'abc${env:X}'],
  ['a Stripe key anywhere', connection(`note: "use ${key} here"`), key],
  ['a Slack token', connection(`hook: ${['xoxb', '123456789012', 'abcdef'].join('-')}`), '123456789012'],
  ['an AWS key', connection(`id: ${'AKIA'}IOSFODNN7EXAMPLE`), 'IOSFODNN7EXAMPLE'],
  [
    'a private key',
    {
      'millrace.yaml': `${millrace}  more:\n    connector: x\n    pem: |\n      -----BEGIN ${'PRIVATE'} KEY-----\n      MIIEvQIBADANBg\n      -----END PRIVATE KEY-----\n`,
    },
    'MIIEvQIBADANBg',
  ],
  ['an address with a password', connection('url: "https://user:hunter2hunter2@host.test/"'), 'hunter2hunter2'],
  [
    'through an anchor',
    { 'millrace.yaml': `${millrace}  more: { connector: x, note: &n hunter2hunter2, api_key: *n }\n` },
    'hunter2hunter2',
  ],
  [
    'in a target’s override',
    {
      'millrace.yaml': millrace.replace(
        'sandbox: true',
        'sandbox: true, connections: { crm: { client_secret: hunter2hunter2 } }',
      ),
    },
    'hunter2hunter2',
  ],
  [
    'in the options of a sync',
    { 'syncs/people.yaml': `${sound['syncs/people.yaml']}options: { access_token: hunter2hunter2 }\n` },
    'hunter2hunter2',
  ],
]

describe('a secret in YAML', () => {
  it.each(refused)('is refused %s, and shown nowhere', async (_, files, secret) => {
    const found = await findingsOf(files)
    expect(found.map(({ code }) => code)).toContain('MR-1205')
    for (const { message, next, place } of found) expect(JSON.stringify([message, next, place])).not.toContain(secret)
  })

  it('is pointed at, with the reference to write instead', async () => {
    const [found] = await findingsOf(connection('api_key: hunter2hunter2'))
    expect(found && brief(found)).toBe('MR-1205 millrace.yaml:7:34 ••••••••••••••')
    expect(found?.message).toBe('`connections.more.api_key` holds a secret in the open: `api_key` is written out')
    expect(found?.next[0]).toContain('${env:MORE_API_KEY}')
  })

  it('of a sync is sent to the connections, where references are looked up', async () => {
    const yaml = `${sound['syncs/people.yaml']}options: { access_token: hunter2hunter2 }\n`
    const [found] = await findingsOf({ 'syncs/people.yaml': yaml })
    expect(found?.next.join(' ')).toMatch(/connection in millrace\.yaml/)
    expect(found?.next.join(' ')).not.toContain('${env:')
  })

  it('is covered in the frames of other findings, and in a file that does not parse', async () => {
    const wrong = await findingsOf({
      'millrace.yaml': `${millrace}  more: { connector: 7, api_key: hunter2hunter2 }\n`,
    })
    expect(wrong.map(({ code }) => code).sort()).toEqual(['MR-1201', 'MR-1205'])
    const broken = await findingsOf({ 'millrace.yaml': `${millrace}  more: { connector: x, api_key: hunter2hunter2\n` })
    expect(broken.map(({ code }) => code)).toContain('MR-1101')
    for (const { place } of [...wrong, ...broken]) expect(place?.text).not.toContain('hunter2')
  })

  it.each(['0123456789', '12345678901234567890'])('is not told as the number %s that it is', async (secret) => {
    const found = await findingsOf(connection(`api_key: ${secret}`))
    expect(found.map(({ code }) => code)).toEqual(['MR-1201'])
    for (const { message, next, place } of found) expect(JSON.stringify([message, next, place])).not.toContain(secret)
  })

  it('is covered where the parser took it for part of something else', async () => {
    // A quote that is never closed: the tree knows of no api_key.
    const found = await findingsOf({
      'millrace.yaml': `${millrace}  more: { connector: "x, api_key: hunter2hunter2, max_runs: 1 }\n`,
    })
    expect(found.map(({ code }) => code)).toContain('MR-1101')
    for (const { place } of found) expect(place?.text).not.toContain('hunter2')
  })

  it('is covered in a comment beside a finding', async () => {
    const found = await findingsOf({ 'millrace.yaml': `${millrace}  more: { conector: x } # was ${key}\n` })
    expect(found.map(({ code }) => code)).toContain('MR-1202')
    for (const { place } of found) {
      expect(place?.text).toContain('# was •')
      expect(place?.text).not.toContain(key)
    }
  })

  const prod = (keys: string): Files => ({
    'millrace.yaml': millrace.replace('targets:', `targets:\n  prod: ${keys}`),
  })
  const warehouse = '{ type: snowflake, account: a-b, user: M, warehouse: W, database: D'
  it.each([
    ['of a warehouse', prod(`{ warehouse: ${warehouse}, tokn: hunter2 } }`)],
    ['of a warehouse, and is like no secret’s', prod(`{ warehouse: ${warehouse}, pw_of_mine: hunter2 } }`)],
    [
      'of a warehouse, on lines of its own',
      prod(`\n    warehouse: ${warehouse}, pw_of_mine:\n      hunter2, usr: M } }`),
    ],
    ['of a target', prod(`{ type: snowflake, pw_of_mine: hunter2 }`)],
    ['of the file', { 'millrace.yaml': `${millrace}snowflake: { pw_of_mine: hunter2 }\n` }],
    ['of a connection', connection('client_secert: hunter2, max_runs: none')],
    ['of a target’s connection', prod('{ sandbx: true, connections: { crm: { client_secert: hunter2 } } }')],
    [
      'of a sync’s options',
      { 'syncs/people.yaml': `${sound['syncs/people.yaml']}options: { access_tokn: hunter2 }\nmodle: people\n` },
    ],
    ['of a file that does not parse', { 'millrace.yaml': `${millrace}  more: { client_secert: hunter2\n` }],
  ])('is covered behind a misspelt key %s', async (_, files) => {
    const found = await findingsOf(files)
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found.map(({ message, next, place }) => [message, next, place]))).not.toContain('hunter2')
  })

  const slipped = (key: string, lines: readonly string[]): Files => ({
    'millrace.yaml': millrace.replace(`${key}:`, [`${key}:`, ...lines].join('\n')),
  })
  it.each([
    ['of a connection', slipped('connections', ['  zz:', '  connector: x', '  api_tokn: hunter2'])],
    ['of a connection, in quotes', slipped('connections', ['  zz:', "  pw_of_mine: 'hunter2'"])],
    ['of a connection, as a list', slipped('connections', ['  zz:', '  pw_of_mine: [hunter2]'])],
    ['of a connection, by an alias', slipped('connections', ['  zz: { connector: &n hunter2 }', '  pw_of_mine: *n'])],
    ['of a connection, too deep', slipped('connections', ['  zz:', '    connector:', '      pw_of_mine: hunter2'])],
    ['of a target', slipped('targets', ['  prod:', '  pw_of_mine: hunter2'])],
    ['of a target, too deep', slipped('targets', ['  prod:', '    deliver:', '      pw_of_mine: hunter2'])],
    ['of a target’s connection', slipped('targets', ['  prod:', '    connections:', '      pw_of_mine: hunter2'])],
    [
      'of a warehouse',
      slipped('targets', ['  prod:', '    warehouse:', '    type: snowflake', '    pw_of_mine: hunter2']),
    ],
    ['of all connections', slipped('targets', ['  prod: {}', '  connections: { zz: { pw_of_mine: hunter2 } }'])],
    [
      'of all connections, by an alias',
      {
        'millrace.yaml': `${millrace.replace('connections:', 'connectons:')}more: &m { pw: hunter2 }\nconnections: *m\n`,
      },
    ],
    ['of the file', { 'millrace.yaml': 'hunter2\n' }],
  ])('is covered where the indentation slipped, behind a key %s', async (_, files) => {
    const found = await findingsOf(files)
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found.map(({ message, next, place }) => [message, next, place]))).not.toContain('hunter2')
  })

  it('leaves what stands behind a known key to be seen', async () => {
    const text = millrace.replace('targets:', 'targets:\n  prod: { sandbox: 7, warehouse: duckdb, deliver: }')
    expect((await findingsOf({ 'millrace.yaml': text })).map(brief)).toEqual([
      'MR-1201 millrace.yaml:3:20 7',
      'MR-1201 millrace.yaml:3:34 duckdb',
      'MR-1201 millrace.yaml:3:42 deliver',
    ])
  })

  it('is covered where its digits are too many', async () => {
    const found = await findingsOf(connection('password: 84751234847512348475'))
    expect(found.length).toBeGreaterThan(0)
    expect(JSON.stringify(found.map(({ message, next, place }) => [message, next, place]))).not.toContain('84751234')
  })

  it('is not shown as the value that somebody wrote', () => {
    expect(show('hunter2', ['connections', 'crm', 'password'])).toBe('a value that is not shown here')
    expect(show(`use ${key}`, ['connections', 'crm', 'note'])).toBe('a value that is not shown here')
    expect(show('hunter2', ['connections', 'crm', 'note'])).toBe('`hunter2`')
  })

  it('does not come back among the names that a finding proposes', async () => {
    const found = await findingsOf({
      'millrace.yaml': `project: acme\ndefault_target: nowhere\ntargets: { ${key}: { sandbox: true } }\n${millrace.slice(millrace.indexOf('connections:'))}`,
    })
    expect(found.length).toBeGreaterThan(0)
    expect(found.flatMap(({ next }) => next).join(' ')).toContain('•')
    expect(JSON.stringify(found.map(({ message, next }) => [message, next]))).not.toContain(key)
  })

  it('does not come back in a message that repeats a name', async () => {
    const found = await findingsOf({
      'syncs/crm.yaml': `source: crm\nstreams: { Contact: }\nafter: [${key}]\n${key}: 1\n`,
    })
    expect(found.length).toBeGreaterThan(1)
    expect(JSON.stringify(found.map(({ message, next, place }) => [message, next, place]))).not.toContain(key)
  })

  it.each([
    ['a reference to the environment', connection("api_key: '${env:KEY}'")],
    ['a reference to a file', connection("private_key: '${file:/run/secrets/key.p8}'")],
    ['an address beside it', connection('token_url: https://login.test/token, client_id: abc')],
    [
      'a field of the vendor’s that is named like one',
      { 'syncs/people.yaml': `${sound['syncs/people.yaml']}  reset_token: reset_token\n` },
    ],
    ['a connection that is named like one', { 'millrace.yaml': `${millrace}  token: { connector: x }\n` }],
  ])('is not seen in %s', async (_, files) => {
    expect((await findingsOf(files)).map(brief)).toEqual([])
  })
})
