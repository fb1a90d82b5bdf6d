import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../src/duckdb/open-database.ts'
import { openFileEngine } from '../../src/duckdb/file-engine.ts'
import { openDuckDBWarehouse } from '../../src/warehouse/duckdb/warehouse.ts'
import { collect } from '../warehouse/workbench.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-duckdb-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const settings = `SELECT current_setting('memory_limit') AS memory, current_setting('temp_directory') AS spill, current_setting('preserve_insertion_order')::VARCHAR AS ordered`
const limited = { memoryLimit: '100MiB', spillDirectory: join(directory, 'spill'), threads: 1 }

async function withDatabase(work: (db: Database) => Promise<void>): Promise<void> {
  const db = await openDatabase({ path: ':memory:', ...limited })
  try {
    await work(db)
  } finally {
    db.close()
  }
}

it('a path with a question mark, whose log DuckDB would look for elsewhere, is refused in words', async () => {
  const path = join(mkdtempSync(join(directory, 'why?-')), 'x.duckdb')
  const opened = openFileEngine().open({ path, ...limited })
  await expect(opened).rejects.toMatchObject({ code: 'MR-2001', next: [expect.stringContaining('question mark')] })
  expect(existsSync(path)).toBe(false)
})

describe('a file that is named like one of our schemas, or of DuckDB’s own names', () => {
  it.each(['main', 'models', '_millrace', 'Models', 'memory'])(
    '%s.duckdb holds tables and models as any other',
    async (name) => {
      const place = mkdtempSync(join(directory, 'named-'))
      const warehouse = openDuckDBWarehouse({
        path: join(place, `${name}.duckdb`),
        memoryLimit: '100MiB',
        threads: 1,
        inTurn: (_request, work) => work(),
      })
      const rows = await warehouse.session({ runId: 'run-1', purpose: 'test' }, async (session) => {
        await session.ensureTable(
          { schema: 'crm', name: 'people', columns: [{ name: 'id', type: 'integer' }] },
          'evolve',
        )
        await session.ensureView('models', 'all_people', 'SELECT count(*) AS n FROM crm.people')
        return collect(session.query('SELECT n FROM models.all_people'))
      })
      await warehouse.close()
      expect(rows).toEqual([{ n: '0' }])
    },
  )
})

describe('what is no file', () => {
  it.each<[string, string, (path: string) => void]>([
    ['a named pipe, for which DuckDB would wait for ever', 'a named pipe', (path) => execFileSync('mkfifo', [path])],
    ['a folder', 'a folder', (path) => mkdirSync(path)],
    ['a device', 'a device', (path) => symlinkSync('/dev/null', path)],
    ['a link into a folder that is not there', 'a link that leads nowhere', (path) => symlinkSync('none/x', path)],
    ['a link to itself', 'a link that leads nowhere', (path) => symlinkSync(path, path)],
  ])('is refused in words, and so is its log: %s', async (_, stranger, make) => {
    for (const ending of ['', '.wal']) {
      const path = join(mkdtempSync(join(directory, 'stranger-')), 'x.duckdb')
      make(`${path}${ending}`)
      const error = await openDatabase({ path, ...limited }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 'MR-2001',
        retry: 'never',
        message: expect.stringContaining(`is ${stranger}`),
      })
      expect(error).toHaveProperty('next', [expect.stringContaining('Move that away')])
    }
  })

  it('a link to where no file is yet is where one is made', async () => {
    const place = mkdtempSync(join(directory, 'linked-'))
    symlinkSync('real.duckdb', join(place, 'x.duckdb'))
    const db = await openDatabase({ path: join(place, 'x.duckdb'), ...limited })
    db.close()
    expect(existsSync(join(place, 'real.duckdb'))).toBe(true)
  })
})

describe('a file that is damaged, or none of DuckDB', () => {
  const sound = join(directory, 'sound.duckdb')
  beforeAll(async () => {
    const db = await openDatabase({ path: sound, ...limited })
    await db.run('CREATE TABLE t AS SELECT md5(i::VARCHAR) AS v FROM range(100_000) t(i)')
    await db.run('CHECKPOINT')
    db.close()
  })

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut off', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['cut off in its head', (bytes) => bytes.subarray(0, 100)],
    ['overwritten', (bytes) => Buffer.from(bytes).fill(7, 4096, 12288)],
    ['empty', () => Buffer.alloc(0)],
    ['a letter', () => Buffer.from('Dear Ann, '.repeat(1000))],
    ['of SQLite', () => Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000)])],
  ])('is told as such, with what to do: %s', async (_, change) => {
    const path = join(directory, 'damaged.duckdb')
    writeFileSync(path, change(readFileSync(sound)))
    const engine = openFileEngine()
    for (const open of [() => openDatabase({ path, ...limited }), () => engine.open({ path, ...limited })]) {
      const error = await open().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 'MR-2001',
        retry: 'never',
        message: expect.stringContaining('damaged, or none of DuckDB'),
      })
      expect(error).toHaveProperty('next', [
        expect.stringContaining('from a backup'),
        expect.stringContaining(`mv ${path} ${path}.damaged `),
        expect.stringContaining('MR-4005'),
      ])
    }
    engine.close()
  })

  it('is not what one in a folder that is not there is', async () => {
    const error = await openDatabase({ path: join(directory, 'none/here.duckdb'), ...limited }).catch(String)
    expect(error).not.toContain('damaged')
  })
})

describe('a database', () => {
  it('has the memory and the place to spill to that it was given, and keeps no order that nobody asked for', async () => {
    await withDatabase(async (db) => {
      expect(await db.rows(settings)).toEqual([
        { memory: '100.0 MiB', spill: join(directory, 'spill'), ordered: 'false' },
      ])
    })
  })

  it('sorts more than its memory holds, in files where it was told to', async () => {
    await withDatabase(async (db) => {
      let spilled = false
      const watching = setInterval(() => (spilled ||= existsSync(join(directory, 'spill'))), 5)
      try {
        // About 250 MB.
        await db.run(
          `CREATE TEMP TABLE sorted AS SELECT md5(i::VARCHAR) || repeat('x', 200) AS v FROM range(1_000_000) t(i) ORDER BY v`,
        )
      } finally {
        clearInterval(watching)
      }
      expect(spilled).toBe(true)
      expect(await db.rows('SELECT count(*) AS n FROM sorted')).toEqual([{ n: '1000000' }])
    })
  })
})

describe('a CSV that cannot be read', () => {
  const good = Array.from({ length: 40_000 }, (_, n) => `${n},b\n`).join('')

  it.each([
    ['in quotes that do not fit', 'Ann "Q"', ''],
    ['beside bytes that are not UTF-8', '\xe9', ''],
    ['in more cells than there are names', 'b,c', ''],
    ['of more bytes than a row may have', 'b'.repeat(2000), ', max_line_size = 1000'],
    ['of another type', 'b', `, types = {'v': 'INTEGER'}`],
  ])('is told with its line and its file, and without the row: %s', async (_, cell, options) => {
    const path = join(directory, 'people.csv')
    writeFileSync(
      path,
      Buffer.from(`id,v\n${good.replaceAll('b', '1')}x,"ann@person.org\n\n  file = ${cell}"\n`, 'latin1'),
    )
    await withDatabase(async (db) => {
      const read = db.run(
        `CREATE TABLE people AS SELECT * FROM read_csv('${path}', quote = '"', delim = ','${options})`,
      )
      const error = await read.catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 'MR-2003',
        message: expect.stringMatching(/Line: 40002\n *file = .*people\.csv/),
      })
      expect(inspect(error, { depth: 9 })).not.toMatch(/person\.org|Possible/)
    })
  })
})

describe('the embedded warehouse', () => {
  it('gives its limit to every session, and spills beside its file', async () => {
    const warehouse = openDuckDBWarehouse({
      path: join(directory, 'warehouse.duckdb'),
      memoryLimit: '200MiB',
      threads: 1,
      inTurn: (_, work) => work(),
    })
    const found = await warehouse.session({ runId: 'run-1', purpose: 'look' }, (session) =>
      collect(session.query(settings)),
    )
    expect(found).toMatchObject([{ memory: '200.0 MiB', spill: join(directory, 'tmp') }])
  })
})
