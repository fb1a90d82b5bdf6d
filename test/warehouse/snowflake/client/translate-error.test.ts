import { describe, expect, it } from 'vitest'
import {
  isConnectionLost,
  translateSnowflakeError,
} from '../../../../src/warehouse/snowflake/client/translate-error.ts'
import { showStatement } from '../../../../src/warehouse/snowflake/client/show-statement.ts'
import { MillraceError } from '../../../../src/model/millrace-error.ts'

const refused = (code: string, message: string, sqlState = '') => ({
  name: 'OperationFailedError',
  code,
  message,
  sqlState,
  data: { queryId: '01b2-7', sqlState },
})

describe('each refusal has its own code, words and way on', () => {
  it.each([
    ['390144', 'JWT token is invalid. [1]', 'MR-2202', /key pair/, /RSA_PUBLIC_KEY/],
    ['390100', 'Incorrect username or password was specified.', 'MR-2202', /refused the sign-in/, /LOGIN_HISTORY/],
    ['390101', 'User temporarily locked.', 'MR-2202', /refused the sign-in/, /LOGIN_HISTORY/],
    ['394400', 'Programmatic access token is invalid.', 'MR-2202', /expired or not valid/, /PROGRAMMATIC ACCESS TOKEN/],
    ['390318', 'OAuth access token expired. [1]', 'MR-2202', /expired or not valid/, /token/],
    [
      '390422',
      'Incoming request with IP 1.2.3.4 is not allowed to access Snowflake.',
      'MR-2202',
      /network policy/,
      /NETWORK POLICY/,
    ],
    ['390432', 'Network policy is required.', 'MR-2202', /network policy/, /NETWORK POLICY/],
    [
      '390189',
      `Role 'X' specified in the connect string is not granted to this user.`,
      'MR-2203',
      /role/,
      /GRANT ROLE/,
    ],
    [
      '390201',
      'The requested warehouse does not exist or not authorized.',
      'MR-2203',
      /warehouse or the database/,
      /grants snowflake/,
    ],
    ['390201', 'The requested account does not exist.', 'MR-2001', /no such account/, /ORGANISATION-ACCOUNT/],
    ['000606', 'No active warehouse selected in the current session.', 'MR-2205', /suspended/, /AUTO_RESUME/],
    [
      '090073',
      `Warehouse 'W' cannot be resumed because resource monitor 'M' has exceeded its quota.`,
      'MR-2205',
      /credits/,
      /quota/,
    ],
    [
      '003001',
      `SQL access control error:\nInsufficient privileges to operate on schema 'X'.`,
      'MR-2204',
      /Insufficient/,
      /grants snowflake/,
    ],
    [
      '000630',
      'Statement reached its statement or warehouse timeout of 3 second(s) and was canceled.',
      'MR-2206',
      /timeout of 3/,
      /statement_timeout/,
    ],
    ['000625', `Statement '1' has locked table 'FENCES' in transaction 2`, 'MR-2206', /locked/, /SHOW LOCKS/],
    ['000604', 'SQL execution canceled', 'MR-2206', /cancelled/, /Run again/],
    [
      '002003',
      `SQL compilation error:\nDatabase 'D' does not exist or not authorized.`,
      'MR-2203',
      /Database 'D'/,
      /grants snowflake/,
    ],
    [
      '002003',
      `SQL compilation error:\nObject 'A.B.C' does not exist or not authorized.`,
      'MR-2003',
      /Object 'A.B.C'/,
      /not there yet/,
    ],
    // Names of columns and tables say nothing of a sign-in, or of a disk.
    [
      '002003',
      `SQL compilation error:\nObject 'A.B.ACCESS_TOKENS' does not exist or not authorized.`,
      'MR-2003',
      /loading: SQL compilation error/,
      /not there yet/,
    ],
    [
      '000904',
      `SQL compilation error: error line 1 at position 7\ninvalid identifier 'ACCESS_TOKEN'`,
      'MR-2003',
      /loading: SQL compilation error/,
      /history/,
    ],
    [
      '000904',
      `SQL compilation error: error line 1 at position 7\ninvalid identifier 'STAGE_QUOTA'`,
      'MR-2003',
      /loading: SQL compilation error/,
      /history/,
    ],
    [
      '100090',
      'Duplicate row detected during DML action\nRow Values: [1, "ann@acme.test"]',
      'MR-2003',
      /several rows/,
      /report it/,
    ],
    ['100069', 'Error parsing JSON: {"email":"ann@acme.test"', 'MR-2003', /Error parsing JSON \(100069/, /history/],
    ['', 'write ENOSPC: No space left on device', 'MR-2004', /no room/, /Free some space/],
  ])('%s %s', (code, message, expected, words, next) => {
    const error = translateSnowflakeError(refused(code, message), 'loading', 'SELECT 1')
    expect(error.code).toBe(expected)
    expect(error.message).toMatch(words)
    expect(error.message).toMatch(/^loading: /)
    expect(error.next.join('\n')).toMatch(next)
    expect(error.kept).toMatch(/.{10}/)
    expect(error.message).not.toContain('ann@acme.test')
  })

  it('any other is a failed statement in Snowflake’s own words, with its number and the query’s id', () => {
    const error = translateSnowflakeError(
      refused('001003', 'SQL compilation error:\nsyntax error', '42000'),
      'loading',
      'SELEC 1',
    )
    expect(error.code).toBe('MR-2003')
    expect(error.message).toBe(
      'loading: SQL compilation error:\nsyntax error (001003, 42000; query 01b2-7)\n  in: SELEC 1',
    )
  })

  it('an error of ours stays what it is', () => {
    const ours = new MillraceError('MR-2005', { message: 'taken over' })
    expect(translateSnowflakeError(ours, 'loading')).toBe(ours)
  })

  it('the SDK’s error is not carried along: it holds requests and answers', () => {
    const error = translateSnowflakeError({ ...refused('390144', 'x'), response: { headers: 'secret' } }, 'signing in')
    expect(JSON.stringify(error.cause)).not.toContain('secret')
  })
})

describe('a lost connection is told apart', () => {
  it.each([
    ['a broken socket', { name: 'NetworkError', code: 401001, message: 'x', cause: { code: 'ECONNRESET' } }],
    ['HTTP 503', { name: 'RequestFailedError', code: 401002, message: 'x', response: { statusCode: 503 } }],
    ['an answer that is not JSON', { name: 'UnexpectedContentError', code: 401003, message: 'x' }],
    ['a session that is gone', refused('390111', 'Session no longer exists.')],
    ['a master token that has expired', refused('390114', 'Authentication token has expired.')],
    ['a connection that the SDK has given up', { name: 'ClientError', code: 407002, message: 'x' }],
  ])('%s', (_, thrown) => {
    expect(isConnectionLost(thrown)).toBe(true)
    const error = translateSnowflakeError(thrown, 'committing', 'COMMIT')
    expect(error).toMatchObject({ code: 'MR-2207', retry: 'later' })
    expect(isConnectionLost(error)).toBe(true)
  })

  it.each([['000630'], ['000625'], ['390144'], ['100090']])('%s is an answer', (code) => {
    expect(isConnectionLost(refused(code, 'x'))).toBe(false)
    expect(isConnectionLost(translateSnowflakeError(refused(code, 'x'), 'y'))).toBe(false)
  })
})

describe('a statement in a message', () => {
  it.each([
    [`INSERT INTO T VALUES (1, 'ann@acme.test'), (2, 'bob')`, `INSERT INTO T VALUES (…)`],
    [`UPDATE T SET A = 'it''s \\' mine' WHERE B = 'x'`, `UPDATE T SET A = '…' WHERE B = '…'`],
    [`SELECT 'cut off`, `SELECT '…'`],
    [`SELECT\n  1,\n  2`, 'SELECT 1, 2'],
    [`PUT 'file:///tmp/a.parquet' @%T`, `PUT 'file:///tmp/a.parquet' @%T`],
    [`SELECT ${'x'.repeat(500)}`, `SELECT ${'x'.repeat(293)}`],
  ])('%s', (sql, shown) => {
    expect(showStatement(sql)).toBe(shown)
  })
})
