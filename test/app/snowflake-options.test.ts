import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSnowflakeOptions } from '../../src/app/snowflake-options.ts'
import { loadProject } from '../../src/config/load.ts'
import { MillraceErrors } from '../../src/model/millrace-error.ts'

async function optionsOf(
  keys: string,
  env: { readonly [name: string]: string },
  simulator?: Parameters<typeof readSnowflakeOptions>[1],
) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-snowflake-options-'))
  const sandbox = simulator ? 'sandbox: true, ' : ''
  writeFileSync(join(root, 'token.txt'), 'token-0123\n')
  writeFileSync(
    join(root, 'millrace.yaml'),
    `project: acme\ntargets:\n  prod: { ${sandbox}warehouse: { type: snowflake${keys} } }\ndefault_target: prod\n`,
  )
  const project = await loadProject(root)
  const target = project.targets['prod']
  if (!target) throw new TypeError('no target')
  return readSnowflakeOptions({ project, target, env }, simulator)
}

describe('the keys of a target', () => {
  it('are resolved: variables, files, and what stands in them as it is', async () => {
    const options = await optionsOf(
      ', account: "${env:ACCOUNT}", role: R, warehouse: W, database: D, token: "${file:token.txt}", statement_timeout: 5m, proxy: "${env:PROXY}"',
      { ACCOUNT: 'ACME-PROD', PROXY: 'http://me:pass@proxy:8080' },
    )
    expect(options).toMatchObject({
      account: 'ACME-PROD',
      user: null,
      auth: { kind: 'pat', token: 'token-0123' },
      role: 'R',
      warehouse: 'W',
      database: 'D',
      accessUrl: null,
      proxy: 'http://me:pass@proxy:8080',
      statementTimeoutMs: 300_000,
    })
  })

  it('name each variable that is missing, at its place', async () => {
    const error: unknown = await optionsOf(
      ', account: A, user: U, warehouse: W, database: D, private_key: "${env:KEY}", private_key_passphrase: "${env:PASS}"',
      {},
    ).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(MillraceErrors)
    const { errors } = error as MillraceErrors // just asked
    expect(errors.map(({ code, message, place }) => [code, message, place?.line])).toEqual([
      ['MR-1301', 'the warehouse of the target `prod` needs `private_key`, and the variable KEY is not set', 3],
      [
        'MR-1301',
        'the warehouse of the target `prod` needs `private_key_passphrase`, and the variable PASS is not set',
        3,
      ],
    ])
  })

  it('of a sandbox target are the simulator’s, and no secret is looked up', async () => {
    const simulator = {
      url: 'http://127.0.0.1:1',
      account: 'SANDBOX',
      user: 'MILLRACE',
      privateKey: 'PEM',
      role: 'R',
      warehouse: 'W',
      database: 'D',
    }
    const options = await optionsOf(
      ', account: "${env:NOT_SET}", token: "${env:NOT_SET}", statement_timeout: 5m',
      {},
      simulator,
    )
    expect(options).toMatchObject({
      account: 'SANDBOX',
      user: 'MILLRACE',
      auth: { kind: 'key_pair', privateKey: 'PEM', passphrase: null },
      accessUrl: 'http://127.0.0.1:1',
      statementTimeoutMs: 300_000,
    })
  })
})
