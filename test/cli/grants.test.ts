import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { emptyDirectory, linesOf, millrace } from './command.ts'

let directory: string
beforeAll(() => {
  directory = emptyDirectory()
  writeTargets(`  prod:
    warehouse:
      type: snowflake
      account: ACME-PROD
      user: LOADER
      private_key: "\${env:KEY_THAT_NOBODY_SET}"
      role: LOADER_ROLE
      warehouse: LOAD_WH
      database: ANALYTICS
`)
})

function writeTargets(prod: string): void {
  writeFileSync(join(directory, 'millrace.yaml'), `project: acme\ntargets:\n  sandbox: { sandbox: true }\n${prod}`)
}

it('prints the script with the names of the target, and needs no secret for it', async () => {
  const { code, stdout, stderr } = await millrace(directory, 'grants', 'snowflake', '--target', 'prod')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('CREATE ROLE IF NOT EXISTS LOADER_ROLE;')
  expect(stdout).toContain(`ALTER USER LOADER SET RSA_PUBLIC_KEY = '<PUBLIC KEY>';`)
  expect(stdout).toContain('GRANT USAGE ON WAREHOUSE LOAD_WH TO ROLE LOADER_ROLE;')
  expect(stdout).toContain('GRANT USAGE, CREATE SCHEMA ON DATABASE ANALYTICS TO ROLE LOADER_ROLE;')
})

it('takes the one target that has a Snowflake warehouse where none is named', async () => {
  const { code, stdout } = await millrace(directory, 'grants', 'snowflake', '--json')
  expect(code).toBe(0)
  expect(linesOf({ code, stdout, signal: null, stderr: '' })[0]).toMatchObject({
    type: 'grants',
    target: 'prod',
    placeholders: [],
    script: expect.stringContaining('LOADER_ROLE'),
  })
})

it('says what millrace.yaml does not tell', async () => {
  writeTargets(`  prod:
    warehouse: { type: snowflake, account: "\${env:A}", token: "\${env:T}", warehouse: "\${env:W}", database: D }
`)
  const { code, stdout, stderr } = await millrace(directory, 'grants', 'snowflake')
  expect(code).toBe(0)
  expect(stdout).toContain('GRANT USAGE ON WAREHOUSE <warehouse> TO ROLE MILLRACE;')
  expect(stdout).toContain('ALTER USER <user> ADD PROGRAMMATIC ACCESS TOKEN')
  expect(stderr).toContain('<user>, <warehouse>: not known from millrace.yaml')
})

it.each([
  ['of a target with another warehouse', ['snowflake', '--target', 'sandbox'], 'MR-1001'],
  ['of a target that is not there', ['snowflake', '--target', 'prd'], 'MR-1204'],
  ['of another warehouse', ['duckdb'], 'MR-1001'],
  ['of nothing', [], 'MR-1001'],
  ['where no target has Snowflake', ['snowflake', '-C', 'none'], 'MR-1001'],
])('refuses the rights %s', async (_, words, expected) => {
  const none = join(directory, 'none')
  mkdirSync(none, { recursive: true })
  writeFileSync(join(none, 'millrace.yaml'), 'project: acme\n')
  const { code, stderr } = await millrace(directory, 'grants', ...words)
  expect(code).toBe(2)
  expect(stderr).toContain(expected)
})
