import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { StatementReport } from '../../../../src/warehouse/snowflake/client/options.ts'
import { openSnowflakeClient, type SnowflakeClient } from '../../../../src/warehouse/snowflake/client/open-client.ts'
import { sdkVersion } from '../../../../src/warehouse/snowflake/client/load-sdk.ts'
import { isConnectionLost } from '../../../../src/warehouse/snowflake/client/translate-error.ts'
import { startStandIn, type Answer, type StandIn, type WireColumn } from './stand-in.ts'

let server: StandIn | undefined
let client: SnowflakeClient | undefined
afterEach(async () => {
  await client?.close()
  await server?.close()
  client = server = undefined
})

async function open(
  answer: (sql: string, attempt: number) => Answer | undefined = () => undefined,
  over: Parameters<StandIn['options']>[0] = {},
) {
  server = await startStandIn(answer)
  client = await openSnowflakeClient(server.options(over))
  return { server, client }
}

const column = (name: string, type = 'text', scale: number | null = null): WireColumn => ({
  name,
  type,
  scale,
  precision: null,
})

describe('the session', () => {
  it('is set up by one statement: what values look like, and its limits', async () => {
    const { server } = await open(undefined, {
      statementTimeoutMs: 90_000,
      lockTimeoutMs: 0,
      sessionParameters: { use_cached_result: false, timezone: 'Europe/Helsinki' },
    })
    const [setup = '', ...more] = server.statements()
    expect(more).toEqual([])
    expect(setup).toMatch(/^ALTER SESSION SET ABORT_DETACHED_QUERY = true, USE_CACHED_RESULT = false, /)
    expect(setup).toContain('STATEMENT_TIMEOUT_IN_SECONDS = 90, LOCK_TIMEOUT = 0')
    expect(setup).toContain(`TIMEZONE = 'UTC'`)
    expect(setup).not.toContain('Helsinki')
    for (const what of ['TIMESTAMP', 'DATE', 'TIME']) expect(setup).toContain(` ${what}_INPUT_FORMAT = 'AUTO'`)
    expect(setup).toContain(`TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9'`)
  })

  it('tags every statement with what it is for, without a statement for it', async () => {
    const { server, client } = await open(undefined, { queryTag: { team: 'data' } })
    await client.tag({ sync: 'stripe', run: 'r1', purpose: 'commit' })
    await client.run('DELETE FROM T')
    await client.put([fileOf('a')], '@%T').catch(() => undefined)
    const tags = server.requests.flatMap(({ body }) => (body['sqlText'] === undefined ? [] : [body['parameters']]))
    expect(tags).toEqual([
      { QUERY_TAG: '{"tool":"millrace","purpose":"session","team":"data"}' },
      { QUERY_TAG: '{"tool":"millrace","sync":"stripe","run":"r1","purpose":"commit","team":"data"}' },
      { QUERY_TAG: '{"tool":"millrace","sync":"stripe","run":"r1","purpose":"commit","team":"data"}' },
    ])
  })

  it('reports every statement, its id and how long it took', async () => {
    const seen: StatementReport[] = []
    const { client } = await open(
      (sql) => (sql === 'BAD' ? { refuse: { code: '001003', message: 'syntax error', sqlState: '42000' } } : undefined),
      { onStatement: (statement) => seen.push(statement) },
    )
    await client.run('GOOD')
    await expect(client.run('BAD')).rejects.toMatchObject({ code: 'MR-2003' })
    expect(seen.slice(1)).toEqual([
      { sql: 'GOOD', queryId: expect.stringMatching(/^01b2/), milliseconds: expect.any(Number) },
      { sql: 'BAD', queryId: expect.stringMatching(/^01b2/), milliseconds: expect.any(Number) },
    ])
  })

  it('is ended at the server, and its process ends by itself; nothing is printed, no file is written', async () => {
    const { server } = await open(undefined, { keepAlive: true })
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-snowflake-')))
    const home = mkdtempSync(join(tmpdir(), 'millrace-home-'))
    const source = fileURLToPath(new URL('../../../../src/warehouse/snowflake/client/open-client.ts', import.meta.url))
    const script = join(directory, 'run.ts')
    writeFileSync(
      script,
      `import { openSnowflakeClient } from ${JSON.stringify(source)}
       const client = await openSnowflakeClient(${JSON.stringify(server.options({ keepAlive: true }))})
       await client.rows('SELECT 1')
       await client.close()`,
    )
    const child = spawn(process.execPath, [script], { cwd: directory, env: { PATH: '', HOME: home } })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readdirSync(directory)).toEqual(['run.ts'])
    expect(server.requests.at(-1)?.path).toContain('/session?delete=true')
  })
})

describe('results', () => {
  it('are exact text, null is null, and names that Snowflake folded are lower case', async () => {
    const columns = [
      column('ID', 'fixed', 0),
      column('AMOUNT', 'fixed', 2),
      column('AT', 'timestamp_ntz', 6),
      column('DAY', 'date'),
      column('OK', 'boolean'),
      column('DOC', 'variant'),
      column('Mixed'),
      column('#RID'),
      column('ID'),
      column('__PROTO__'),
    ]
    const row = [
      '9007199254740993',
      '0.10',
      '1763632800.100000000',
      '20412',
      '1',
      '{"a":1.10}',
      'NULL',
      'r',
      'twice',
      'p',
    ]
    const { client } = await open((sql) => (sql === 'Q' ? { columns, rows: [row, row.map(() => null)] } : undefined))
    const rows = await client.rows('Q')
    expect(rows.map((each) => Object.entries(each))).toEqual([
      [
        ['id', '9007199254740993'],
        ['amount', '0.10'],
        ['at', '2025-11-20 10:00:00.1'],
        ['day', '2025-11-20'],
        ['ok', 'true'],
        ['doc', '{"a":1.10}'],
        ['Mixed', 'NULL'],
        ['#rid', 'r'],
        ['id:1', 'twice'],
        ['__proto__', 'p'],
      ],
      ['id', 'amount', 'at', 'day', 'ok', 'doc', 'Mixed', '#rid', 'id:1', '__proto__'].map((name) => [name, null]),
    ])
  })

  it('may be empty', async () => {
    const { client } = await open(() => ({ columns: [column('A')], rows: [] }))
    expect(await client.rows('Q')).toEqual([])
  })

  it('are described without running the query', async () => {
    const { server, client } = await open(() => ({
      columns: [
        { name: 'N', type: 'fixed', precision: 38, scale: 2 },
        column('V', 'variant'),
        column('T', 'timestamp_ntz', 6),
        column('F', 'real'),
        column('S'),
      ],
      rows: [],
    }))
    expect(await client.describe('Q')).toEqual([
      { name: 'n', type: 'NUMBER', precision: 38, scale: 2 },
      { name: 'v', type: 'VARIANT', precision: null, scale: null },
      { name: 't', type: 'TIMESTAMP_NTZ', precision: null, scale: 6 },
      { name: 'f', type: 'FLOAT', precision: null, scale: null },
      { name: 's', type: 'VARCHAR', precision: null, scale: null },
    ])
    expect(server.requests.at(-1)?.body).toMatchObject({ describeOnly: true })
  })

  it('of a change say how many rows it changed', async () => {
    const counts = (typeId: number, ...names: readonly string[]): Answer => ({
      columns: names.map((name) => column(name, 'fixed', 0)),
      rows: [names.map((_, index) => String(index + 2))],
      data: { statementTypeId: typeId },
    })
    const { client } = await open((sql) =>
      sql === 'MERGE'
        ? counts(0x3400, 'number of rows inserted', 'number of rows updated')
        : sql === 'DDL'
          ? counts(0x6000, 'status')
          : undefined,
    )
    expect(await client.run('MERGE')).toEqual({ rowsChanged: 5, queryId: expect.any(String) })
    expect(await client.run('DDL')).toMatchObject({ rowsChanged: 0 })
  })
})

describe('a stream', () => {
  const chunk = Array.from({ length: 5000 }, (_, index) => JSON.stringify([String(index), 'x'.repeat(50)])).join(',')
  const large = (count: number): Answer => ({
    columns: [column('ID', 'fixed', 0), column('T')],
    rows: [],
    chunks: { count, rows: 5000, make: () => chunk },
  })
  const fetched = ({ requests }: StandIn) => requests.filter(({ path }) => path.startsWith('/chunk/')).length

  it('gives every row, in order, in chunks', async () => {
    const { client } = await open((sql) => (sql === 'Q' ? large(7) : undefined))
    let count = 0
    let wrong = 0
    let largest = 0
    for await (const rows of client.stream('Q')) {
      largest = Math.max(largest, rows.length)
      for (const row of rows) if (row['id'] !== String(count++ % 5000)) wrong++
    }
    expect({ count, wrong, largest }).toEqual({ count: 35_000, wrong: 0, largest: 2000 })
  })

  it('fetches no more than is asked for', async () => {
    const { server, client } = await open((sql) => (sql === 'Q' ? large(40) : undefined))
    const rows = client.stream('Q')[Symbol.asyncIterator]()
    await rows.next()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(fetched(server)).toBeLessThanOrEqual(4)
    await rows.return?.()
  })

  it('runs in flat memory', { timeout: 60_000 }, async () => {
    const { client } = await open((sql) => (sql === 'Q' ? large(200) : undefined))
    const sizes: number[] = []
    let count = 0
    for await (const rows of client.stream('Q')) {
      count += rows.length
      if (count % 100_000 === 0) sizes.push(memoryInUse())
    }
    expect(count).toBe(1_000_000)
    expect((sizes[9] ?? 0) - (sizes[4] ?? 0)).toBeLessThan(10e6)
  })

  it.each([
    ['is not whole JSON', chunk.slice(0, -30)],
    ['has fewer rows than it was said to have', chunk.slice(0, chunk.lastIndexOf(',['))],
  ])('of which a part %s fails, and does not end as if it were whole', async (_, part) => {
    const broken: Answer = {
      columns: [column('ID', 'fixed', 0), column('T')],
      rows: [],
      chunks: { count: 3, rows: 5000, make: (number) => (number === 1 ? part : chunk) },
    }
    const { client } = await open((sql) => (sql === 'Q' ? broken : undefined), { requestTimeoutMs: 300 })
    await expect(async () => {
      for await (const rows of client.stream('Q')) expect(rows.length).toBeGreaterThan(0)
    }).rejects.toMatchObject({ code: 'MR-2207', message: expect.stringContaining('not whole') })
  })

  it.each([
    ['is not whole JSON, and came before it was needed', chunk.slice(0, -30), 300],
    ['is empty', '', 0],
    ['is empty, and came before it was needed', '', 300],
    ['is null', 'null', 0],
    ['is null, and came before it was needed', 'null', 300],
    ['is no list of rows', '{"message":"gone"}', 0],
  ])('of which a part %s fails at once', async (_, part, delayMs) => {
    const early: Answer = {
      columns: [column('ID', 'fixed', 0), column('T')],
      rows: [],
      chunks: {
        count: 3,
        rows: 5000,
        make: (number) => (number === 1 ? part : chunk),
        delayMs: (number) => (number === 0 ? delayMs : 0),
      },
    }
    const { client } = await open((sql) => (sql === 'Q' ? early : undefined), { requestTimeoutMs: 30_000 })
    const began = performance.now()
    await expect(async () => {
      for await (const rows of client.stream('Q')) expect(rows.length).toBeGreaterThan(0)
    }).rejects.toMatchObject({ code: 'MR-2207', message: expect.stringContaining('not whole') })
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('waits for whoever reads it for as long as they like', async () => {
    const { client } = await open((sql) => (sql === 'Q' ? large(2) : undefined), { requestTimeoutMs: 100 })
    let count = 0
    for await (const rows of client.stream('Q')) {
      if (count === 0) await new Promise((resolve) => setTimeout(resolve, 1000))
      count += rows.length
    }
    expect(count).toBe(10_000)
  })
})

describe('what fails', () => {
  it('says which statement, without the values in it', async () => {
    const { client } = await open((sql) =>
      sql.startsWith('INSERT')
        ? { refuse: { code: '100038', message: `Numeric value 'x' is not recognized`, sqlState: '22018' } }
        : undefined,
    )
    await expect(client.run(`INSERT INTO T VALUES ('ann@acme.test')`)).rejects.toMatchObject({
      code: 'MR-2003',
      message: expect.stringMatching(
        /^running a statement in Snowflake: .*\(100038, 22018; query .*\n {2}in: INSERT INTO T VALUES \(…\)$/s,
      ),
    })
  })

  it('a statement whose answer was lost is asked for again under its id, and runs once', async () => {
    const { server, client } = await open((sql, attempt) =>
      sql === 'COMMIT' && attempt === 1 ? { cut: true } : undefined,
    )
    await client.run('COMMIT')
    const ids = server.requests
      .filter(({ body }) => body['sqlText'] === 'COMMIT')
      .map(({ path }) => /requestId=([^&]+)/.exec(path)?.[1])
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })

  it('is asked for no more often than there is time for', async () => {
    const { server, client } = await open((sql) => (sql === 'COMMIT' ? { cut: true } : undefined), {
      retryTimeoutMs: 0,
    })
    const error: unknown = await client.run('COMMIT').catch((reason: unknown) => reason)
    expect(isConnectionLost(error)).toBe(true)
    expect(server.statements().filter((sql) => sql === 'COMMIT')).toHaveLength(1)
  })

  it('a server that is busy for a moment is asked again', async () => {
    const { server, client } = await open(
      (sql, attempt) => (sql === 'Q' && attempt === 1 ? { status: 503 } : undefined),
      {
        retryTimeoutMs: 8000,
      },
    )
    await client.run('Q')
    expect(server.statements().filter((sql) => sql === 'Q')).toHaveLength(2)
  })

  it('a session that is gone is a lost connection', async () => {
    const { client } = await open((sql) =>
      sql === 'COMMIT'
        ? { refuse: { code: '390111', message: 'Session no longer exists. New login required to access the service.' } }
        : undefined,
    )
    const error: unknown = await client.run('COMMIT').catch((reason: unknown) => reason)
    expect(isConnectionLost(error)).toBe(true)
  })

  it('a cancelled statement is cancelled at the server', async () => {
    const { server, client } = await open((sql) => (sql === 'SLOW' ? { hold: true } : undefined))
    const slow = client.run('SLOW')
    const outcome = expect(slow).rejects.toMatchObject({ code: 'MR-2206', retry: 'later' })
    await until(() => server.statements().includes('SLOW'))
    await client.cancel()
    await outcome
    const abort = server.requests.find(({ path }) => path.includes('/abort-request'))
    expect(abort?.body['requestId']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('a result that is being read is cancelled, too; the next one is not', async () => {
    const part = JSON.stringify(['1'])
    const { client } = await open((sql) =>
      sql === 'Q'
        ? {
            columns: [column('ID', 'fixed', 0)],
            rows: [],
            chunks: { count: 50, rows: 3000, make: () => Array.from({ length: 3000 }, () => part).join(',') },
          }
        : undefined,
    )
    const rows = client.stream('Q')[Symbol.asyncIterator]()
    await rows.next()
    const outcome = expect(
      (async () => {
        while (!(await rows.next()).done);
      })(),
    ).rejects.toMatchObject({ code: 'MR-2206' })
    await client.cancel()
    await outcome
    expect((await client.rows('Q')).length).toBe(150_000)
  })

  it('cancel with nothing to cancel does nothing', async () => {
    const { server, client } = await open()
    await client.cancel()
    expect(server.requests.filter(({ path }) => path.includes('abort'))).toEqual([])
  })
})

describe('files', () => {
  const putAnswer = (sql: string, stage: string): Answer => ({
    raw: {
      success: true,
      data: {
        command: 'UPLOAD',
        src_locations: [/'file:\/\/([^']*)'/.exec(sql)?.[1]],
        stageInfo: { locationType: 'LOCAL_FS', location: stage, region: null, creds: null, path: '' },
        autoCompress: false,
        sourceCompression: 'auto_detect',
        parallel: 4,
        overwrite: true,
        encryptionMaterial: [],
        threshold: 209_715_200,
        queryId: '01b2',
      },
    },
  })

  it('reach the stage as they are, each by a statement of its own, and leave no trace here', async () => {
    const stage = mkdtempSync(join(tmpdir(), 'millrace-stage-'))
    const { server, client } = await open((sql) => (sql.startsWith('PUT') ? putAnswer(sql, stage) : undefined))
    const mask = process.umask()
    const files = ['a', 'b', `it's`, 'd', 'e'].map(fileOf)
    await client.put(files.slice(0, 2), '@"S".%"T"/run')
    expect(process.umask()).toBe(mask)
    expect(readdirSync(stage).sort()).toEqual(['a.parquet', 'b.parquet'])
    expect(readFileSync(join(stage, 'a.parquet'), 'utf8')).toBe('content of a')
    expect(
      server
        .statements()
        .filter((sql) => sql.startsWith('PUT'))
        .sort()[0],
    ).toMatch(/^PUT 'file:\/\/\/.*[ab]\.parquet' @"S"\.%"T"\/run AUTO_COMPRESS = FALSE PARALLEL = 4 OVERWRITE = TRUE$/)
    await client.put([], '@%T')
  })

  it('a file that is not there fails, and says which', async () => {
    const { client } = await open((sql) => (sql.startsWith('PUT') ? putAnswer(sql, '/tmp') : undefined))
    await expect(client.put(['/nowhere/x.parquet'], '@%T')).rejects.toMatchObject({
      message: expect.stringContaining('staging x.parquet in Snowflake'),
    })
  })

  it('a stage that is full fails with its own words', async () => {
    const { client } = await open((sql) =>
      sql.startsWith('PUT')
        ? { refuse: { code: '000123', message: 'Storage quota of the stage is exceeded.', sqlState: '53100' } }
        : undefined,
    )
    await expect(client.put([fileOf('a')], '@%T')).rejects.toMatchObject({ code: 'MR-2004' })
  })

  it('after a failure no further file is begun', async () => {
    const { server, client } = await open((sql) =>
      sql.startsWith('PUT')
        ? { refuse: { code: '003001', message: 'Insufficient privileges to operate on stage', sqlState: '42501' } }
        : undefined,
    )
    await expect(client.put('abcdefgh'.split('').map(fileOf), '@%T')).rejects.toMatchObject({ code: 'MR-2204' })
    expect(server.statements().filter((sql) => sql.startsWith('PUT')).length).toBeLessThanOrEqual(3)
  })
})

it('is written for the version of the SDK that the package asks for', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'))
  expect(manifest.optionalDependencies['snowflake-sdk']).toBe(sdkVersion)
})

const fileOf = (name: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'millrace-put-')), `${name}.parquet`)
  writeFileSync(path, `content of ${name}`)
  return path
}

async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** What is left after the collector has been: everything else is its choice. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
