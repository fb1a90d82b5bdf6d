/** What the suite on an account stands on, tried where there is none: its variables, a database for each place, nothing left. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startSnowflake, type RunningSnowflake } from '../../../src/sandbox/snowflake/start.ts'
import { openSnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'
import { accountVariables, missingVariables, open } from '../snowflake-account-adapter.ts'
import { optionsOf } from '../snowflake-adapter.ts'
import { collect } from '../workbench.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-account-'))
let snowflake: RunningSnowflake

beforeAll(async () => {
  for (const name of accountVariables) vi.stubEnv(`MILLRACE_TEST_SNOWFLAKE_${name}`, undefined)
  snowflake = await startSnowflake({ directory: join(directory, 'account') })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await snowflake.close()
  rmSync(directory, { recursive: true, force: true })
})

test('the variables that are missing are named', () => {
  expect(missingVariables()).toEqual(accountVariables.map((name) => `MILLRACE_TEST_SNOWFLAKE_${name}`))
})

test('each place is a database of its own, one for all that open it, and gone when it is closed', async () => {
  const { account, user, privateKey, role, warehouse, url } = snowflake.admin
  const keyFile = join(directory, 'key.p8')
  writeFileSync(keyFile, privateKey)
  const values = {
    ACCOUNT: account,
    USER: user,
    PRIVATE_KEY: keyFile,
    ROLE: role,
    WAREHOUSE: warehouse,
    DATABASE: 'MILLRACE_TEST',
  }
  for (const [name, value] of Object.entries({ ...values, URL: url }))
    vi.stubEnv(`MILLRACE_TEST_SNOWFLAKE_${name}`, value)
  expect(missingVariables()).toEqual([])

  const [one, other] = [1, 2].map(() => mkdtempSync(join(directory, 'place-')))
  const handles = [open(one ?? ''), open(one ?? ''), open(other ?? '')]
  const asked = await Promise.all(
    handles.map(({ warehouse: opened }) =>
      opened.session({ runId: 'r', purpose: 'test' }, (session) =>
        collect(session.query('SELECT CURRENT_DATABASE() AS db')),
      ),
    ),
  )
  const [first, second, third] = asked.map(([row]) => row?.['db'])
  expect(first).toMatch(/^MILLRACE_TEST_[0-9A-F]{10}$/)
  expect(second).toBe(first)
  expect(third).not.toBe(first)
  expect(await databases()).toEqual(expect.arrayContaining([first, third]))
  for (const { close } of handles.toReversed()) await close()
  expect((await databases()).filter((name) => name?.startsWith('MILLRACE_TEST'))).toEqual([])
})

async function databases() {
  const client = await openSnowflakeClient(optionsOf(snowflake.admin))
  const rows = await client.rows('SHOW DATABASES')
  await client.close()
  return rows.map((row) => row['name'])
}
