import { expect, test } from 'vitest'
import { connectionOptions } from '../../../../src/warehouse/snowflake/client/connection-options.ts'
import { secretsOf } from '../../../../src/warehouse/snowflake/client/options.ts'

test('a password of the proxy with a lone percent sign is taken as it stands', () => {
  const options = { auth: { kind: 'pat', token: 'token-0123' }, proxy: 'http://me:50%off@127.0.0.1:1' } as const
  expect(secretsOf(options)).toContain('50%off')
  expect(
    connectionOptions({
      ...options,
      account: 'acme-test',
      user: 'me',
      role: null,
      warehouse: null,
      database: null,
      schema: null,
      accessUrl: null,
      statementTimeoutMs: 1000,
      lockTimeoutMs: 1000,
      loginTimeoutMs: 1000,
      queryTag: {},
      sessionParameters: {},
    }),
  ).toMatchObject({ proxyUser: 'me', proxyPassword: '50%off' })
})
