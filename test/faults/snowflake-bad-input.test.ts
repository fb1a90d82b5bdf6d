/** A Snowflake that does not let millrace in, or not all the way: each has its code, its words and its fix, and leaves all as it was. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { millrace, resultOf, type Finished } from './millrace-process.ts'
import { makeSnowflakeProject, type SnowflakeProject } from './snowflake-project.ts'

type Case = {
  readonly name: string
  readonly code: string
  readonly exit?: number
  readonly env?: { readonly [name: string]: string }
  /** Other keys of the warehouse. */
  readonly keys?: string
  /** Brings it about; what it answers takes it away. */
  readonly arrange?: (project: SnowflakeProject) => void | Promise<void>
  readonly undo?: (project: SnowflakeProject) => void | Promise<void>
  readonly says: RegExp
  readonly next: RegExp
}

const newKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const [strangerKey, lockedKey, farKey] = [newKey(), newKey(), newKey()]
const [expired, unknown] = ['expired-token-5f0c1d2e9b7a4c31', 'unknown-token-8e21b04d77']

const atTheDoor: readonly Case[] = [
  {
    name: 'an account that is not there',
    env: { SN_ACCOUNT: 'ACME-NOWHERE' },
    code: 'MR-2001',
    says: /account/,
    next: /ORGANISATION-ACCOUNT/,
  },
  {
    name: 'a user that is not there',
    env: { SN_USER: 'NOBODY' },
    code: 'MR-2202',
    says: /key pair/,
    next: /DESC USER/,
  },
  {
    name: 'the key of somebody else',
    env: { SN_KEY: strangerKey },
    code: 'MR-2202',
    says: /key pair/,
    next: /RSA_PUBLIC_KEY/,
  },
  {
    name: 'a key that is none',
    env: { SN_KEY: 'not-a-key-4711-4711' },
    code: 'MR-1201',
    exit: 2,
    says: /private[_ ]key/,
    next: /whole text of the \.p8 file/,
  },
  {
    name: 'a locked user',
    env: { SN_USER: 'LOCKED', SN_KEY: lockedKey },
    code: 'MR-2202',
    says: /locked/,
    next: /LOGIN_HISTORY/,
  },
  {
    name: 'a network policy that leaves this machine out',
    env: { SN_USER: 'FAR', SN_KEY: farKey },
    code: 'MR-2202',
    says: /network policy/,
    next: /ALLOWED_IP_LIST/,
  },
  {
    name: 'a token that has expired',
    keys: `token: '\${env:SN_TOKEN}'`,
    env: { SN_TOKEN: expired },
    code: 'MR-2202',
    says: /token is expired/,
    next: /PROGRAMMATIC ACCESS TOKEN/,
  },
  {
    name: 'a token that nobody gave',
    keys: `token: '\${env:SN_TOKEN}'`,
    env: { SN_TOKEN: unknown },
    code: 'MR-2202',
    says: /token/,
    next: /PROGRAMMATIC/,
  },
  {
    name: 'a role that is not granted',
    env: { SN_ROLE: 'SYSADMIN' },
    code: 'MR-2203',
    says: /role .*is not granted/,
    next: /GRANT ROLE <role> TO USER/,
  },
  {
    name: 'a role that is not there',
    env: { SN_ROLE: 'NO_SUCH_ROLE' },
    code: 'MR-2203',
    says: /NO_SUCH_ROLE/,
    next: /`role` in millrace\.yaml/,
  },
  {
    name: 'a warehouse that is not there',
    env: { SN_WAREHOUSE: 'NO_SUCH_WH' },
    code: 'MR-2203',
    says: /NO_SUCH_WH/,
    next: /grants snowflake/,
  },
  {
    name: 'a database that is not there',
    env: { SN_DATABASE: 'NO_SUCH_DB' },
    code: 'MR-2203',
    says: /NO_SUCH_DB/,
    next: /grants snowflake/,
  },
]

const inside: readonly Case[] = [
  {
    name: 'a warehouse that sleeps and may not wake',
    arrange: ({ admin }) =>
      admin('ALTER WAREHOUSE MILLRACE_WH SET AUTO_RESUME = FALSE', 'ALTER WAREHOUSE MILLRACE_WH SUSPEND'),
    undo: ({ admin }) =>
      admin('ALTER WAREHOUSE MILLRACE_WH SET AUTO_RESUME = TRUE', 'ALTER WAREHOUSE MILLRACE_WH RESUME'),
    code: 'MR-2205',
    says: /no warehouse runs for this session/,
    next: /SET AUTO_RESUME = TRUE/,
  },
  {
    name: 'a warehouse without credits',
    arrange: ({ snowflake }) =>
      snowflake.fault('statement_fails', {
        times: 'always',
        match: '^COPY',
        code: '090073',
        sql_state: '57014',
        message: "Warehouse 'MILLRACE_WH' cannot be resumed because resource monitor 'ALL' has exceeded its quota.",
      }),
    undo: ({ snowflake }) => snowflake.fault('statement_fails', null),
    code: 'MR-2205',
    says: /has no more credits/,
    next: /quota/,
  },
  {
    name: 'a role that may not make its schemas',
    arrange: ({ admin }) =>
      admin(
        'CREATE DATABASE BARE',
        'CREATE ROLE POOR',
        'GRANT USAGE ON WAREHOUSE MILLRACE_WH TO ROLE POOR',
        'GRANT USAGE ON DATABASE BARE TO ROLE POOR',
        'GRANT ROLE POOR TO USER MILLRACE',
      ),
    env: { SN_ROLE: 'POOR', SN_DATABASE: 'BARE' },
    code: 'MR-2204',
    says: /Insufficient privileges to operate on database 'BARE'/,
    next: /grants snowflake/,
  },
  {
    name: 'a role that may read what there is, and not write it',
    arrange: ({ admin }) =>
      admin(
        'CREATE ROLE READER',
        'GRANT USAGE ON WAREHOUSE MILLRACE_WH TO ROLE READER',
        'GRANT USAGE ON DATABASE MILLRACE TO ROLE READER',
        'GRANT USAGE ON SCHEMA MILLRACE._MILLRACE TO ROLE READER',
        'GRANT CREATE TABLE ON SCHEMA MILLRACE._MILLRACE TO ROLE READER',
        'GRANT USAGE ON SCHEMA MILLRACE.STRIPE TO ROLE READER',
        'GRANT SELECT ON ALL TABLES IN SCHEMA MILLRACE._MILLRACE TO ROLE READER',
        'GRANT SELECT ON ALL TABLES IN SCHEMA MILLRACE.STRIPE TO ROLE READER',
        'GRANT ROLE READER TO USER MILLRACE',
      ),
    env: { SN_ROLE: 'READER' },
    code: 'MR-2204',
    says: /Insufficient privileges/,
    next: /millrace doctor/,
  },
  {
    name: 'a statement that takes longer than it may',
    keys: `private_key: '\${env:SN_KEY}'\n      statement_timeout: 1s`,
    arrange: ({ snowflake }) => snowflake.fault('slow', { times: 'always', match: '^COPY', ms: 20_000 }),
    undo: ({ snowflake }) => snowflake.fault('slow', null),
    code: 'MR-2206',
    says: /timeout of 1 second/,
    next: /Raise `statement_timeout`/,
  },
  {
    name: 'a stage that is full',
    arrange: ({ snowflake }) => snowflake.fault('full_stage', { times: 'always' }),
    undo: ({ snowflake }) => snowflake.fault('full_stage', null),
    code: 'MR-2004',
    says: /no room for the file/,
    next: /Free some space/,
  },
  {
    name: 'a statement of a commit that fails',
    arrange: ({ snowflake }) =>
      snowflake.fault('statement_fails', {
        times: 'always',
        match: '^MERGE|^INSERT INTO "STRIPE"',
        code: '000603',
        sql_state: 'XX000',
        message: 'SQL execution internal error',
      }),
    undo: ({ snowflake }) => snowflake.fault('statement_fails', null),
    code: 'MR-2003',
    says: /SQL execution internal error.*query /s,
    next: /query’s id/,
  },
]

describe('Snowflake', () => {
  let project: SnowflakeProject
  let held: unknown

  beforeAll(async () => {
    project = await makeSnowflakeProject({
      users: [
        { name: 'LOCKED', privateKey: lockedKey, roles: ['MILLRACE'], locked: true },
        { name: 'FAR', privateKey: farKey, roles: ['MILLRACE'], allowedAddresses: ['192.0.2.1'] },
      ],
    })
    expect(resultOf(await run(project, {}))).toMatchObject(good)
    held = await contents(project)
  }, 120_000)
  afterAll(() => project.close())

  it.each([...atTheDoor, ...inside])('$name: $code, its words and its fix, and everything as it was', async (bad) => {
    await bad.arrange?.(project)
    let finished: Finished
    try {
      finished = await run(project, bad)
    } finally {
      await bad.undo?.(project)
    }
    expectRefusal(finished, bad)
    expect(await contents(project)).toEqual(held)
    const said = `${JSON.stringify(finished.lines)}${finished.stderr}`
    for (const secret of secretsOf({ ...project.env, ...bad.env })) expect(said).not.toContain(secret)
  })

  it('is told by doctor in the same words, with what to do', async () => {
    const { directory, env } = project
    const options = { directory, env: { ...env, SN_USER: 'NOBODY' } }
    const finished = await millrace(['doctor'], options)
    expect(finished.code).toBe(1)
    const signIn = finished.lines.find((line) => line['name'] === 'snowflake: sign-in')
    expect(signIn).toMatchObject({ ok: false, detail: expect.stringContaining('key pair') })
    expect(String(signIn?.['fix'])).toContain('DESC USER')
    for (const secret of secretsOf(env)) expect(`${JSON.stringify(finished)}`).not.toContain(secret)
  })

  it('with all of it taken away loads as before', async () => {
    expect(resultOf(await run(project, {}))).toMatchObject(good)
  })
})

function run({ directory, env, configure }: SnowflakeProject, bad: Pick<Case, 'keys' | 'env'>): Promise<Finished> {
  configure(bad.keys)
  return millrace(['sync', 'run', 'stripe', '--full-refresh'], { directory, env: { ...env, ...bad.env } })
}

const good = { exit_code: 0, runs: [{ status: 'ok' }] }

function expectRefusal(finished: Finished, bad: Case): void {
  const errors = finished.lines.filter((line) => line.type === 'error')
  const [error] = errors
  expect([...new Set(errors.map((each) => each['code']))], JSON.stringify(finished)).toEqual([bad.code])
  expect(error?.['message']).toMatch(bad.says)
  expect([error?.['next']].flat().join('\n')).toMatch(bad.next)
  expect(finished.code).toBe(bad.exit ?? 1)
  expect(finished.lines.at(-1)).toMatchObject({ type: 'result', exit_code: bad.exit ?? 1 })
  expect(`${JSON.stringify(finished.lines)}${finished.stderr}`).not.toMatch(/\\n\s+at |\.ts:\d+|node_modules/)
}

/** Every line of a key, and the tokens. */
const secretsOf = (env: { readonly [name: string]: string }): readonly string[] =>
  [env['SN_KEY'], env['SN_TOKEN']]
    .flatMap((secret) => (secret ?? '').split('\n'))
    .filter((line) => line.length >= 12 && !line.startsWith('-----'))

async function contents({ rows }: SnowflakeProject) {
  return {
    customers: await rows('SELECT * EXCLUDE (_synced_at) FROM MILLRACE.STRIPE.CUSTOMERS ORDER BY id'),
    watermarks: await rows('SELECT sync, stream, watermark FROM MILLRACE._MILLRACE.CURSORS ORDER BY 1, 2'),
    commits: await rows('SELECT run_id, stream, sequence FROM MILLRACE._MILLRACE.COMMITS ORDER BY 1, 2, 3'),
    tables: await rows(
      "SELECT table_schema, table_name FROM MILLRACE.INFORMATION_SCHEMA.TABLES WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2",
    ),
  }
}
