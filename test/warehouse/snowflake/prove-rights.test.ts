import { afterEach, describe, expect, it } from 'vitest'
import { MillraceError, MillraceErrors } from '../../../src/model/millrace-error.ts'
import { openSnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'
import { proveRights, type ProvenRight } from '../../../src/warehouse/snowflake/prove-rights.ts'
import { startStandIn, type Answer, type StandIn } from './client/stand-in.ts'

let server: StandIn | undefined
afterEach(() => server?.close())

const denied = (what: string): Answer => ({
  refuse: {
    code: '003001',
    message: `SQL access control error:\nInsufficient privileges to operate on ${what}.`,
    sqlState: '42501',
  },
})

/** A server that refuses the statements that match; there is a schema _MILLRACE or not. */
async function prove(refused: RegExp, { hasSchema = false, login }: { hasSchema?: boolean; login?: Answer } = {}) {
  const running = await startStandIn(
    (sql) =>
      refused.test(sql)
        ? denied('it')
        : sql.includes('SCHEMATA')
          ? { columns: [{ name: 'schema', type: 'text' }], rows: hasSchema ? [['_MILLRACE']] : [] }
          : undefined,
    { login: () => login },
  )
  server = running
  const open = () => openSnowflakeClient(running.options())
  const found: ProvenRight[] = await Array.fromAsync(proveRights({ open, id: 'abc1' }))
  return {
    found: found.map(({ name, ok }) => `${ok ? '✓' : '✗'} ${name.replace('snowflake: ', '')}`),
    first: found[0],
    all: found,
    running,
  }
}

describe('the rights of a role', () => {
  it('that cannot sign in are one finding, with its fix', async () => {
    const { found, first } = await prove(/never/, {
      login: { refuse: { code: '390144', message: 'JWT token is invalid.' } },
    })
    expect(found).toEqual(['✗ sign-in'])
    expect(first?.fix.join()).toContain('RSA_PUBLIC_KEY')
  })

  it('whose secrets are missing are one finding, too', async () => {
    const missing = ['KEY', 'PASS'].map(
      (name) =>
        new MillraceError('MR-1301', { message: `the variable ${name} is not set`, next: `Set it: export ${name}=…` }),
    )
    const open = () => Promise.reject(new MillraceErrors(missing))
    expect(await Array.fromAsync(proveRights({ open, id: 'abc1' }))).toEqual([
      {
        name: 'snowflake: sign-in',
        ok: false,
        detail: 'the variable KEY is not set; the variable PASS is not set',
        fix: ['Set it: export KEY=…', 'Set it: export PASS=…'],
      },
    ])
  })

  it('without a warehouse that runs end there', async () => {
    const { found } = await prove(/GENERATOR/)
    expect(found).toEqual(['✓ sign-in', '✗ warehouse runs'])
  })

  it('without any schema end there', async () => {
    const { found, all } = await prove(/^CREATE SCHEMA/)
    expect(found).toEqual(['✓ sign-in', '✓ warehouse runs', '✗ create schema'])
    expect(all.at(-1)?.fix.join()).toContain('millrace grants snowflake')
  })

  it('that may make no schema, and need not, are tried in _MILLRACE', async () => {
    const { found, running } = await prove(/^CREATE SCHEMA|^PUT/, { hasSchema: true })
    expect(found).toEqual([
      '✓ sign-in',
      '✓ warehouse runs',
      '✓ create schema',
      '✓ create table',
      '✗ put and copy',
      '✓ transaction',
      '✓ create view',
      '✓ drop table',
    ])
    expect(running.statements()).toContain('DROP TABLE "_MILLRACE"."DOCTOR_ABC1"')
  })

  it('are tried one by one, in a schema that is gone afterwards', async () => {
    const { found, running } = await prove(/^PUT|^CREATE OR REPLACE VIEW/)
    expect(found).toEqual([
      '✓ sign-in',
      '✓ warehouse runs',
      '✓ create schema',
      '✓ create table',
      '✗ put and copy',
      '✓ transaction',
      '✗ create view',
      '✓ drop table',
      '✓ drop schema',
    ])
    expect(running.statements().at(-1)).toBe('DROP SCHEMA "MILLRACE_DOCTOR_ABC1"')
    expect(running.requests.at(-1)?.path).toContain('/session?delete=true')
  })

  it('of a transaction that fails leave none open', async () => {
    const { running } = await prove(/^PUT|^UPDATE/)
    expect(running.statements().filter((sql) => /^(BEGIN|COMMIT|ROLLBACK)/.test(sql))).toEqual([
      'BEGIN TRANSACTION',
      'ROLLBACK',
    ])
  })
})
