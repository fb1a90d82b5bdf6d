import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Connection } from 'snowflake-sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

let snowflake: TestSnowflake
let connection: Connection
const files = mkdtempSync(join(tmpdir(), 'snowflake-files-'))

beforeAll(async () => {
  snowflake = await startTestSnowflake()
  connection = await signIn(keyPair(snowflake.connection))
  await run(connection, 'CREATE SCHEMA STAGES')
})
beforeEach(async () => {
  await run(
    connection,
    'CREATE OR REPLACE TABLE T (ID NUMBER(19,0), NAME VARCHAR(10), AT TIMESTAMP_NTZ(6), DOC VARIANT)',
  )
})
afterAll(async () => {
  await signOut(connection)
  await snowflake.remove()
  rmSync(files, { recursive: true })
})

/** A Parquet file of a DuckDB query. */
async function parquet(name: string, sql: string): Promise<string> {
  const path = join(files, name)
  const instance = await DuckDBInstance.create(':memory:')
  const duckdb = await instance.connect()
  await duckdb.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`)
  duckdb.closeSync()
  instance.closeSync()
  return path
}

const rowsOf = (id: number) =>
  `SELECT ${id}::BIGINT AS id, 'name ${id}' AS name, TIMESTAMP '2026-11-20 10:00:00.123456' AS at, '{"n":${id}}' AS doc`
const put = (path: string, to = '@%T/batch/', more = '') =>
  run(connection, `PUT 'file://${path}' ${to} AUTO_COMPRESS = FALSE ${more}`)
const format = 'FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE)'
const copy = (more = '') =>
  run(connection, `COPY INTO T FROM @%T/batch/ ${format} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ${more}`)
const list = (stage = '@%T') => run(connection, `LIST ${stage}`).then((rows) => rows.map(({ name }) => name))

describe('PUT', () => {
  test('brings files to the stage of a table, a user, or one of its own', async () => {
    const path = await parquet('one.parquet', rowsOf(1))
    expect(await put(path)).toMatchObject([{ source: 'one.parquet', target: 'one.parquet', status: 'UPLOADED' }])
    expect(await list()).toEqual(['batch/one.parquet'])
    await put(path, '@~/mine/')
    expect(await list('@~/mine')).toEqual(['mine/one.parquet'])
    await run(connection, 'CREATE STAGE HOME')
    await put(path, '@HOME')
    expect(await list('@HOME')).toEqual(['home/one.parquet'])
    expect(await refusal(put(path, '@NO_SUCH'))).toContain('002003 02000')
    expect(await refusal(put(path, '@%NO_SUCH'))).toContain('002003')
  })

  test('takes many by a pattern, and packs them if it is not told otherwise', async () => {
    mkdirSync(join(files, 'many'), { recursive: true })
    for (const name of ['a', 'b']) writeFileSync(join(files, 'many', `${name}.json`), '{"id": 1}\n')
    await run(connection, `PUT file://${join(files, 'many')}/*.json @%T`)
    expect(await list()).toEqual(['a.json.gz', 'b.json.gz'])
    expect(await run(connection, 'REMOVE @%T')).toMatchObject([{ name: 'a.json.gz', result: 'removed' }, {}])
    expect(await list()).toEqual([])
  })

  test('leaves a file of the same name, unless it may overwrite it', async () => {
    const path = await parquet('same.parquet', rowsOf(1))
    await put(path)
    await parquet('same.parquet', rowsOf(2))
    await put(path)
    await copy()
    expect(await run(connection, 'SELECT ID FROM T')).toEqual([{ ID: 1 }])
    await put(path, '@%T/batch/', 'OVERWRITE = TRUE')
    await copy()
    expect(await run(connection, 'SELECT ID FROM T ORDER BY 1')).toEqual([{ ID: 1 }, { ID: 2 }])
  })

  test('that is broken off leaves nothing that is seen', async () => {
    const path = await parquet('cut.parquet', rowsOf(1))
    snowflake.fault('cut_put', { times: 1 })
    expect(await refusal(put(path))).toContain('broken off')
    expect(await list()).toEqual([])
    expect(await copy()).toEqual([{ status: 'Copy executed with 0 files processed.' }])
    await put(path)
    expect(await copy()).toMatchObject([{ status: 'LOADED', rows_loaded: 1 }])
  })

  test('of a client that was killed in the middle leaves nothing either', async () => {
    const path = await parquet('killed.parquet', rowsOf(1))
    await put(path)
    const inbox = execFileSync('find', [join(snowflake.directory, 'stages', 'inbox'), '-name', 'killed.parquet'])
    truncateSync(inbox.toString().trim(), 20)
    expect(await list()).toEqual([])
  })

  test('to a full stage is refused', async () => {
    snowflake.fault('full_stage', { times: 1 })
    expect(await refusal(put(await parquet('full.parquet', rowsOf(1))))).toContain('storage quota')
  })

  test('and GET give a file back as it was', async () => {
    const path = await parquet('back.parquet', rowsOf(1))
    await put(path)
    mkdirSync(join(files, 'out'), { recursive: true })
    await run(connection, `GET @%T/batch/back.parquet file://${join(files, 'out')}`)
    expect(readFileSync(join(files, 'out', 'back.parquet'))).toEqual(readFileSync(path))
  })
})

describe('COPY', () => {
  test('loads Parquet by the names of its columns', async () => {
    await put(await parquet('load.parquet', `${rowsOf(7)} UNION ALL ${rowsOf(8)}`))
    expect(await copy()).toEqual([
      {
        file: 'batch/load.parquet',
        status: 'LOADED',
        rows_parsed: 2,
        rows_loaded: 2,
        error_limit: 1,
        errors_seen: 0,
        first_error: null,
        first_error_line: null,
        first_error_character: null,
        first_error_column_name: null,
      },
    ])
    const rows = await run(connection, 'SELECT ID, NAME, AT, TYPEOF(DOC) AS KIND FROM T WHERE ID = 7', {
      fetchAsString: ['Date'],
    })
    expect(rows).toMatchObject([{ ID: 7, NAME: 'name 7', KIND: 'VARCHAR' }])
  })

  test('makes JSON of a text with PARSE_JSON in its transform', async () => {
    await put(await parquet('transform.parquet', rowsOf(7)))
    await run(
      connection,
      `COPY INTO T (ID, NAME, AT, DOC) FROM (SELECT $1:"id"::NUMBER(19,0), $1:"name"::VARCHAR, $1:"at"::TIMESTAMP_NTZ(6), PARSE_JSON($1:"doc") FROM @%T/batch/) ${format}`,
    )
    expect(await run(connection, 'SELECT DOC:n AS N, TYPEOF(DOC) AS KIND FROM T')).toEqual([{ N: 7, KIND: 'OBJECT' }])
  })

  test('skips what the table has taken, unless it is forced', async () => {
    await put(await parquet('twice.parquet', rowsOf(1)))
    await copy()
    expect(await copy()).toEqual([{ status: 'Copy executed with 0 files processed.' }])
    await copy('FORCE = TRUE')
    expect(await run(connection, 'SELECT COUNT(*) AS N FROM T')).toEqual([{ N: 2 }])
  })

  test('remembers what a table has taken when a temporary stage of its name goes', async () => {
    await put(await parquet('one.parquet', rowsOf(1)))
    await copy()
    await run(connection, 'CREATE TEMPORARY STAGE T')
    await run(connection, 'DROP STAGE T')
    expect(await copy()).toMatchObject([{ status: 'Copy executed with 0 files processed.' }])
  })

  test('that is rolled back has taken nothing', async () => {
    await put(await parquet('undone.parquet', rowsOf(1)))
    await run(connection, 'BEGIN')
    await copy('PURGE = TRUE')
    await run(connection, 'ROLLBACK')
    expect(await list()).toEqual(['batch/undone.parquet'])
    expect(await copy('PURGE = TRUE')).toMatchObject([{ rows_loaded: 1 }])
    expect(await list()).toEqual([])
  })

  test('gives NULL where the file has no such column, and refuses it where there must be a value', async () => {
    await put(await parquet('narrow.parquet', 'SELECT 5::BIGINT AS id, 1 AS more'))
    await copy()
    expect(await run(connection, 'SELECT ID, NAME FROM T')).toEqual([{ ID: 5, NAME: null }])
    await run(connection, 'CREATE OR REPLACE TABLE T (ID NUMBER(19,0), NAME VARCHAR NOT NULL)')
    await put(await parquet('narrow.parquet', 'SELECT 5::BIGINT AS id'))
    expect(await refusal(copy())).toContain('100072 22000')
  })

  test('refuses what does not fit, all of it', async () => {
    await put(await parquet('text.parquet', `SELECT '1' AS id UNION ALL SELECT 'abc'`))
    const refused = await refusal(copy())
    expect(refused).toContain('100071 22000 Failed to cast variant value "abc" to FIXED')
    expect(refused).toContain("File 'batch/text.parquet'")
    expect(await run(connection, 'SELECT COUNT(*) AS N FROM T')).toEqual([{ N: 0 }])
    await run(connection, 'REMOVE @%T')
    await put(await parquet('long.parquet', `SELECT 1::BIGINT AS id, 'longer than ten' AS name`))
    expect(await refusal(copy())).toContain("String 'longer than ten' is too long and would be truncated")
    expect(await copy('ON_ERROR = SKIP_FILE')).toMatchObject([{ status: 'LOAD_FAILED', rows_loaded: 0 }])
  })

  test('refuses a file that is no Parquet', async () => {
    writeFileSync(join(files, 'not.parquet'), 'not at all')
    await put(join(files, 'not.parquet'))
    expect(await refusal(copy())).toContain('parquet')
  })

  test('loads lines of JSON and CSV', async () => {
    writeFileSync(join(files, 'lines.json'), '{"id": 1, "Name": "a", "doc": {"x": [1.50]}}\n{"id": 2}\n')
    await put(join(files, 'lines.json'), '@%T/json/')
    await run(
      connection,
      'COPY INTO T FROM @%T/json/ FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE',
    )
    expect(await run(connection, 'SELECT ID, NAME, DOC:x[0]::VARCHAR AS X FROM T ORDER BY 1')).toEqual([
      { ID: 1, NAME: 'a', X: '1.5' },
      { ID: 2, NAME: null, X: null },
    ])
    await run(connection, 'CREATE OR REPLACE TABLE C (A NUMBER, B VARCHAR)')
    writeFileSync(join(files, 'rows.csv'), 'a,b\n1,"x, y"\n2,\n')
    await put(join(files, 'rows.csv'), '@%C')
    await run(
      connection,
      `COPY INTO C FROM @%C FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '"')`,
    )
    expect(await run(connection, 'SELECT * FROM C ORDER BY 1')).toEqual([
      { A: 1, B: 'x, y' },
      { A: 2, B: null },
    ])
  })

  test('into one VARIANT takes whole records', async () => {
    await run(connection, 'CREATE OR REPLACE TABLE V (R VARIANT)')
    await put(await parquet('whole.parquet', rowsOf(7)), '@%V')
    await run(connection, 'COPY INTO V FROM @%V FILE_FORMAT = (TYPE = PARQUET)')
    expect(await run(connection, 'SELECT R:id::NUMBER AS ID, R:doc::VARCHAR AS DOC FROM V')).toEqual([
      { ID: 7, DOC: '{"n":7}' },
    ])
    await put(await parquet('whole2.parquet', rowsOf(7)))
    expect(await refusal(run(connection, 'COPY INTO T FROM @%T/batch/ FILE_FORMAT = (TYPE = PARQUET)'))).toContain(
      'can produce one and only one column of type variant',
    )
  })

  test('takes the files that are named, or that a pattern describes', async () => {
    for (const id of [1, 2, 3]) await put(await parquet(`part-${id}.parquet`, rowsOf(id)))
    expect(await copy(`FILES = ('part-2.parquet')`)).toMatchObject([{ file: 'batch/part-2.parquet' }])
    expect(await copy(`PATTERN = '.*part-[13].parquet'`)).toHaveLength(2)
    expect(await refusal(copy(`FILES = ('part-9.parquet')`))).toContain('part-9.parquet')
  })
})

describe('a table’s stage', () => {
  test('goes with its table', async () => {
    await put(await parquet('gone.parquet', rowsOf(1)))
    expect(await list()).toHaveLength(1)
    await run(connection, 'CREATE OR REPLACE TABLE T (ID NUMBER(19,0))')
    expect(await list()).toEqual([])
  })
})
