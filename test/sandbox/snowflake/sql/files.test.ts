import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyRows, type FileSource } from '../../../../src/sandbox/snowflake/sql/copy/copy-rows.ts'
import { readStatement } from '../../../../src/sandbox/snowflake/sql/read-statement.ts'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeAll(async () => {
  session = await openSqlSession()
  await session.run('create schema s')
  await session.run('create table s.t (id number(19,0), name varchar(5), v variant, at timestamp_ntz(6))')
})
afterAll(() => session.close())

const read = async (sql: string) => readStatement(sql, await session.context())
const table = { database: 'DB', schema: 'S', name: 'T' }

describe('statements about files', () => {
  test('PUT takes a path, a stage and options; its slashes are no comment', async () => {
    expect(
      await read(`PUT file:///tmp/a b/*.parquet @"S".%"T"/run/1`).catch((error: Error) => error.message),
    ).toContain('syntax error')
    expect(await read(`PUT 'file:///tmp/a b/*.parquet' @"S".%"T"/run/1 AUTO_COMPRESS=FALSE PARALLEL = 4`)).toEqual({
      kind: 'put',
      file: '/tmp/a b/*.parquet',
      stage: { kind: 'table', name: table, path: 'run/1' },
      options: { AUTO_COMPRESS: 'FALSE', PARALLEL: '4' },
    })
  })

  test.each([
    ['put file://x.csv @~/a', { kind: 'put', stage: { kind: 'user', name: null, path: 'a' } }],
    [
      'list @%t',
      { kind: 'list', stage: { kind: 'table', name: { database: 'DB', schema: 'PUBLIC', name: 'T' }, path: '' } },
    ],
    [
      `rm @s."Stage"/x pattern = '.*'`,
      {
        kind: 'remove',
        pattern: '.*',
        stage: { kind: 'named', name: { database: 'DB', schema: 'S', name: 'Stage' }, path: 'x' },
      },
    ],
    ['get @~ file:///tmp/', { kind: 'get', file: '/tmp/' }],
  ])('%s', async (sql, expected) => {
    expect(await read(sql)).toMatchObject(expected)
  })

  test('COPY takes files, a format and options', async () => {
    const sql = `COPY INTO "S"."T" FROM @"S".%"T"/run FILES = ('a.parquet', 'b.parquet') FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE)
      MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = ABORT_STATEMENT PURGE = true`
    expect(await read(sql)).toEqual({
      kind: 'copy',
      target: table,
      columns: null,
      from: { stage: { kind: 'table', name: table, path: 'run' }, select: null },
      files: ['a.parquet', 'b.parquet'],
      pattern: null,
      fileFormat: { TYPE: 'PARQUET', USE_VECTORIZED_SCANNER: 'TRUE' },
      options: { MATCH_BY_COLUMN_NAME: 'CASE_INSENSITIVE', ON_ERROR: 'ABORT_STATEMENT', PURGE: 'TRUE' },
    })
  })

  test.each([
    ['copy into s.nope from @%t', '002003'],
    ['copy into s.t (nope) from @s.%t', '000904'],
    ['copy into s.t from @s.%t nonsense = 1', '001003'],
    ['copy into s.t from (select $1:a from @s.%t where true)', '001003'],
    ['copy into @s.%t from s.t', '000002'],
    ['put file:///tmp/x', '001003'],
  ])('%s is refused', async (sql, code) => {
    await expect(read(sql)).rejects.toMatchObject({ code })
  })
})

describe('the rows of a COPY', () => {
  const parquet: FileSource = {
    format: 'parquet',
    sql: `(SELECT * FROM (VALUES (1::BIGINT, 'ab', '{"k":1.50}', TIMESTAMP '2026-01-02 03:04:05.123456'), (2, NULL, NULL, NULL)) f("ID", "Name", "J", "AT"))`,
    columns: [
      { name: 'ID', type: 'BIGINT' },
      { name: 'Name', type: 'VARCHAR' },
      { name: 'J', type: 'VARCHAR' },
      { name: 'AT', type: 'TIMESTAMP' },
    ],
  }
  const rowsOf = async (sql: string, source: FileSource) => {
    const copy = await read(sql)
    if (copy.kind !== 'copy') throw new Error('not a COPY')
    const context = await session.context()
    const { sql: rows, columns } = copyRows(copy, source, context.columnsOf(copy.target) ?? [], context)
    const found = await session.database.rows(`SELECT * FROM (${rows}) ORDER BY 1`)
    return { columns: columns.map(({ name }) => name), rows: found.map((row) => Object.values(row)) }
  }

  test('by a transform are what it selects, in the table’s types', async () => {
    const sql = `copy into s.t (id, name, v, at) from (select $1:"ID"::number(19,0), $1:"Name"::varchar, parse_json($1:J), $1:AT::timestamp_ntz from @s.%t) file_format = (type = parquet)`
    expect(await rowsOf(sql, parquet)).toEqual({
      columns: ['ID', 'NAME', 'V', 'AT'],
      rows: [
        ['1', 'ab', '{"k":1.50}', '2026-01-02 03:04:05.123456'],
        ['2', null, null, null],
      ],
    })
  })

  test('by name are those that the file and the table share', async () => {
    const sql = `copy into s.t from @s.%t file_format = (type = parquet) match_by_column_name = case_insensitive`
    expect(await rowsOf(sql, parquet)).toEqual({
      columns: ['ID', 'NAME', 'AT'],
      rows: [
        ['1', 'ab', '2026-01-02 03:04:05.123456'],
        ['2', null, null],
      ],
    })
    expect((await rowsOf(sql.replace('case_insensitive', 'case_sensitive'), parquet)).columns).toEqual(['ID', 'AT'])
  })

  test('of JSON lines go by name or by path', async () => {
    const json: FileSource = {
      format: 'json',
      column: 'row',
      sql: `(SELECT CAST('{"id": 7, "name": "x", "v": {"a": [1]}}' AS JSON) AS row)`,
    }
    const byName = `copy into s.t from @s.%t file_format = (type = json) match_by_column_name = case_insensitive`
    expect((await rowsOf(byName, json)).rows).toEqual([['7', 'x', '{"a":[1]}', null]])
    const byPath = `copy into s.t (id, v) from (select $1:id::int, $1:v.a from @s.%t) file_format = (type = json)`
    expect((await rowsOf(byPath, json)).rows).toEqual([['7', '[1]']])
  })

  test('of CSV go by position', async () => {
    const csv: FileSource = { format: 'csv', columns: ['c1', 'c2'], sql: `(SELECT '5' AS c1, 'y' AS c2)` }
    expect((await rowsOf(`copy into s.t (id, name) from @s.%t file_format = (type = csv)`, csv)).rows).toEqual([
      ['5', 'y'],
    ])
    expect((await rowsOf(`copy into s.t (name, id) from (select f.$2, f.$1 from @s.%t f)`, csv)).rows).toEqual([
      ['y', '5'],
    ])
    await expect(rowsOf(`copy into s.t from @s.%t file_format = (type = csv)`, csv)).rejects.toMatchObject({
      code: '100080',
    })
  })

  test('without any of these make one VARIANT', async () => {
    await session.run('create or replace table s.one (v variant)')
    const json: FileSource = { format: 'json', column: 'row', sql: `(SELECT CAST('{"a":1}' AS JSON) AS row)` }
    expect((await rowsOf('copy into s.one from @s.%one file_format = (type = json)', json)).rows).toEqual([['{"a":1}']])
    await expect(rowsOf('copy into s.t from @s.%t file_format = (type = json)', json)).rejects.toMatchObject({
      code: '001110',
    })
  })
})
