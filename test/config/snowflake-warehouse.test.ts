import { describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { brief, findingsOf, tempProject, type Files } from './temp-project.ts'

const whole = `type: snowflake
      account: ACME-PROD
      user: MILLRACE
      private_key: "\${env:KEY}"
      role: LOADER
      warehouse: LOAD_WH
      database: ANALYTICS`

/** The warehouse's keys begin in line 5, in column 7. */
const project = (keys: string, flags = ''): Files => ({
  'millrace.yaml': `project: acme
targets:
  sandbox: { sandbox: true }
  prod:${flags ? `\n    ${flags}` : ''}
    warehouse:
      ${keys}
connections:
  crm: { connector: salesforce }
  mail: { connector: customerio }
`,
})
const m = 'millrace.yaml'

describe('a Snowflake warehouse', () => {
  it('is camelCase with every default; references are still references', async () => {
    const { targets } = await loadProject(await tempProject(project(whole)))
    expect(targets['prod']?.warehouse).toEqual({
      type: 'snowflake',
      account: 'ACME-PROD',
      user: 'MILLRACE',
      signIn: { kind: 'key_pair', privateKey: '${env:KEY}', passphrase: null },
      role: 'LOADER',
      warehouse: 'LOAD_WH',
      database: 'ANALYTICS',
      schema: null,
      baseUrl: null,
      proxy: null,
      statementTimeoutMs: 3_600_000,
      queryTag: {},
      sessionParameters: {},
    })
  })

  it.each([
    ['token: "${env:T}"', { kind: 'pat', token: '${env:T}' }],
    ['oauth_token: "${file:/run/secrets/t}"', { kind: 'oauth', token: '${file:/run/secrets/t}' }],
    ['authenticator: external_browser', { kind: 'external_browser' }],
    [
      'private_key: "${env:K}"\n      private_key_passphrase: "${env:P}"',
      { kind: 'key_pair', privateKey: '${env:K}', passphrase: '${env:P}' },
    ],
  ])('signs in with %s', async (keys, signIn) => {
    const { targets } = await loadProject(await tempProject(project(whole.replace('private_key: "${env:KEY}"', keys))))
    expect(targets['prod']?.warehouse).toMatchObject({ signIn })
  })

  it('needs its type only on a sandbox target', async () => {
    const { targets } = await loadProject(await tempProject(project('type: snowflake', 'sandbox: true')))
    expect(targets['prod']?.warehouse).toMatchObject({ type: 'snowflake', account: null, signIn: null })
  })

  it('takes a user from nobody where a token says who it is', async () => {
    expect(
      await findingsOf(project(whole.replace('user: MILLRACE\n      private_key: "${env:KEY}"', 'token: "${env:T}"'))),
    ).toEqual([])
  })

  it('takes every key', async () => {
    const { targets } = await loadProject(
      await tempProject(
        project(`${whole}
      schema: PUBLIC
      base_url: https://acme.privatelink.snowflakecomputing.com
      proxy: "\${env:PROXY}"
      statement_timeout: 10m
      query_tag: { team: data }
      session_parameters: { USE_CACHED_RESULT: false, WEEK_START: 1 }`),
      ),
    )
    expect(targets['prod']?.warehouse).toMatchObject({
      schema: 'PUBLIC',
      baseUrl: 'https://acme.privatelink.snowflakecomputing.com',
      proxy: '${env:PROXY}',
      statementTimeoutMs: 600_000,
      queryTag: { team: 'data' },
      sessionParameters: { USE_CACHED_RESULT: false, WEEK_START: 1 },
    })
  })
})

const without = (line: RegExp) => project(whole.replace(line, ''))
const withLine = (line: string) => project(`${whole}\n      ${line}`)

describe('findings', () => {
  it.each<readonly [string, Files, readonly string[]]>([
    ['no account', without(/account: .*\n {6}/), [`MR-1202 ${m}:5:5 warehouse`]],
    ['no user', without(/user: .*\n {6}/), [`MR-1202 ${m}:5:5 warehouse`]],
    ['no warehouse', without(/\n {6}warehouse: .*/), [`MR-1202 ${m}:5:5 warehouse`]],
    ['no database', without(/\n {6}database: .*/), [`MR-1202 ${m}:5:5 warehouse`]],
    ['nothing that signs in', without(/private_key: .*\n {6}/), [`MR-1201 ${m}:6:7 type: snowflake`]],
    ['two ways to sign in', withLine('token: "${env:T}"'), [`MR-1201 ${m}:13:14 "\${env:T}"`]],
    [
      'a passphrase of no key',
      project(whole.replace('private_key:', 'private_key_passphrase: "${env:P}"\n      token:')),
      [`MR-1201 ${m}:9:31 "\${env:P}"`],
    ],
    ['an unknown key', withLine('pasword: x'), [`MR-1203 ${m}:13:7 pasword`]],
    ['a misspelt key, told once', project(whole.replace('account', 'acount')), [`MR-1203 ${m}:7:7 acount`]],
    [
      'an address for an account',
      project(whole.replace('ACME-PROD', 'https://acme-prod.snowflakecomputing.com')),
      [`MR-1201 ${m}:7:16 https://acme-prod.snowflakecomputing.com`],
    ],
    ['a role that is no name', project(whole.replace('LOADER', 'load er')), [`MR-1201 ${m}:10:13 load er`]],
    ['a database of a number', project(whole.replace('ANALYTICS', '7')), [`MR-1201 ${m}:12:17 7`]],
    [
      'another authenticator',
      project(whole.replace('private_key: "${env:KEY}"', 'authenticator: snowflake')),
      [`MR-1201 ${m}:9:22 snowflake`],
    ],
    ['plain http', withLine('base_url: http://example.com'), [`MR-1201 ${m}:13:17 http://example.com`]],
    ['a proxy that is no address', withLine('proxy: proxy.example.com'), [`MR-1201 ${m}:13:14 proxy.example.com`]],
    ['a timeout without a unit', withLine('statement_timeout: 60'), [`MR-1201 ${m}:13:26 60`]],
    ['a query tag of a list', withLine('query_tag: { team: [a] }'), [`MR-1201 ${m}:13:26 [a]`]],
    [
      'a session parameter that millrace sets itself',
      withLine('session_parameters: { timezone: Europe/Helsinki }'),
      [`MR-1201 ${m}:13:29 timezone`],
    ],
    [
      'wrong and missing keys at once',
      project('type: snowflake\n      account: a b\n      proxy: x'),
      [
        `MR-1202 ${m}:5:5 warehouse`,
        `MR-1202 ${m}:5:5 warehouse`,
        `MR-1202 ${m}:5:5 warehouse`,
        `MR-1201 ${m}:6:7 type: snowflake`,
        `MR-1201 ${m}:7:16 a b`,
        `MR-1201 ${m}:8:14 x`,
      ],
    ],
    [
      'a wrong sign-in on a sandbox target',
      project('type: snowflake\n      private_key_passphrase: "${env:P}"', 'sandbox: true'),
      [`MR-1201 ${m}:8:31 "\${env:P}"`],
    ],
  ])('%s', async (_, files, expected) => {
    const found = await findingsOf(files)
    expect(found.map(brief).map((line) => line.split('\n')[0])).toEqual(expected)
  })

  it.each(['private_key', 'private_key_passphrase', 'token', 'oauth_token'])(
    'a %s written out is refused and not shown',
    async (key) => {
      const found = await findingsOf(
        project(`${whole.replace(/private_key: .*\n {6}/, '')}\n      ${key}: s3cret-value-0123`),
      )
      expect(found.map(({ code }) => code)).toContain('MR-1205')
      expect(JSON.stringify(found.map(({ message, place }) => [message, place?.text]))).not.toContain('s3cret')
    },
  )

  it('a proxy with its password written out is refused and not shown', async () => {
    const found = await findingsOf(withLine('proxy: http://me:s3cret@proxy:8080'))
    expect(found.map(({ code }) => code)).toContain('MR-1205')
    expect(JSON.stringify(found.map(({ message, place }) => [message, place?.text]))).not.toContain('s3cret')
  })

  it('two targets of one database', async () => {
    const yaml = project(whole)['millrace.yaml'] ?? ''
    const both = yaml.replace(
      'connections:',
      `  stage:\n    warehouse:\n      ${whole.replace('ANALYTICS', 'analytics')}\nconnections:`,
    )
    expect((await findingsOf({ 'millrace.yaml': both })).map(brief)).toEqual([`MR-1201 ${m}:21:17 analytics`])
  })
})
