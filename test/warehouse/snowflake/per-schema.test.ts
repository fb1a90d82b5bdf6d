/** The script of `grants snowflake --per-schema`, run by an administrator, is all that a run needs. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { openSnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'
import { grantScript } from '../../../src/warehouse/snowflake/grants.ts'
import { proveRights } from '../../../src/warehouse/snowflake/prove-rights.ts'
import { optionsOf } from '../snowflake-adapter.ts'
import { errorOf } from '../workbench.ts'
import { row, useAccount } from './account.ts'

const account = useAccount()

test('a role that may make no schema loads into those that are there, and is refused another', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const { snowflake, open } = account()
  const names = { role: 'LOADER', user: 'LOADER_USER', warehouse: 'LOAD_WH', database: 'LOADED' }
  const script = grantScript({ ...names, schemas: ['crm'], signIn: 'key_pair' }, { perSchema: true })
  const admin = await openSnowflakeClient(optionsOf(snowflake.admin))
  for (const sql of script
    .replaceAll(/^--.*$/gm, '')
    .replace('<PUBLIC KEY>', publicKey.replaceAll(/-----[^-]+-----|\n/g, ''))
    .split(';'))
    if (sql.trim() !== '') await admin.run(sql)
  await admin.close()

  const auth = { kind: 'key_pair', privateKey, passphrase: null } as const
  const over = { ...names, auth }
  const rights = await Array.fromAsync(
    proveRights({ open: () => openSnowflakeClient({ ...optionsOf(snowflake.connection), ...over }), id: 'x1' }),
  )
  expect(rights.filter(({ ok }) => !ok)).toEqual([])
  const runner = open(over)
  expect(await runner.load({ rows: [row(1, 'Ada')] })).toMatchObject({ inserted: 1 })
  await runner.session((session) => session.ensureView('models', 'names', 'SELECT name FROM crm.people'))
  expect(await runner.rows('SELECT * FROM models.names')).toEqual([{ name: 'Ada' }])
  const other = runner.session((session) => session.ensureView('elsewhere', 'names', 'SELECT name FROM crm.people'))
  expect(await errorOf(other)).toMatchObject({ code: 'MR-2204' })
})
