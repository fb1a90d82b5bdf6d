import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/duckdb/open-database.ts'
import { inSession } from '../../../src/warehouse/session-context.ts'
import { duckdbFile, open } from '../duckdb-adapter.ts'
import { at, collect, errorOf, people, scope, tableOf, useWorkbench } from '../workbench.ts'

describe('the DuckDB file', () => {
  const bench = useWorkbench(open)
  let children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    children = []
  })
  const hash = () =>
    createHash('sha256')
      .update(readFileSync(duckdbFile(bench().location)))
      .digest('hex')
  const ann = { id: 1, name: 'Ann', _version: 1, _read_at: 1 }

  /** Runs `child.ts` with the file, under the shell's limits where there are any. */
  const start = (role: string, limits = 'true') => {
    const command = `${limits}; exec "$0" "$@"`
    const child = spawn('sh', ['-c', command, process.execPath, childFile, duckdbFile(bench().location), role], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    return { hear: async (): Promise<string> => (await lines.next()).value ?? 'ended', child, ended }
  }

  test('is byte for byte as it was after a rehearsal, whatever was tried in it', async () => {
    await bench().load({ rows: [ann], cursor: { watermark: at(1), scan: null } })
    const before = hash()
    await bench().warehouse.session({ runId: 'plan', purpose: 'plan', rehearsal: true }, async (session) => {
      await session.ensureTable(tableOf('people', { ...people, age: 'integer' }), 'evolve')
      await session.ensureView('models', 'm', 'SELECT * FROM crm.people')
      await session.reverse.ensureSnapshot('out', [{ name: 'name', type: 'string' }])
      const key = [{ column: 'id', normalise: 'exact' }] as const
      const columns = [{ name: 'name', type: 'string' }] as const
      await session.reverse.diff({
        sync: 'out',
        model: 'SELECT * FROM models.m',
        key,
        columns,
        optOuts: [],
        mappingVersion: 'm',
        retriesOnly: false,
      })
      expect(await collect(session.reverse.candidates())).toHaveLength(1)
    })
    await errorOf(
      bench().warehouse.session({ runId: 'plan', purpose: 'plan', rehearsal: true }, (session) =>
        collect(session.query('SELECT nonsense')),
      ),
    )
    expect(hash()).toBe(before)
    expect(existsSync(`${duckdbFile(bench().location)}.wal`)).toBe(false)
  })

  test('that another program holds is left to it, and the error names the program', async () => {
    await bench().load({ rows: [ann] })
    const holder = start('hold')
    expect(await holder.hear()).toBe('held')
    const error = await errorOf(bench().rows('SELECT 1'))
    expect(error).toMatchObject({ code: 'MR-2002', retry: 'later' })
    expect(error.message).toContain(`pid ${holder.child.pid}`)
    holder.child.kill('SIGKILL')
    await holder.ended
    expect(await bench().rows('SELECT name FROM crm.people')).toEqual([{ name: 'Ann' }])
  })

  test('that cannot grow any more fails the commit as a full disk does, and holds what was committed before', async () => {
    await bench().load({ rows: [ann], cursor: { watermark: at(1), scan: null } })
    // 24,576 blocks of 512 bytes: 12 MB for any file that it writes.
    const child = start('fill', `trap '' XFSZ; ulimit -f 24576`)
    expect(await child.hear()).toBe('MR-2004')
    await child.ended
    expect(await bench().rows('SELECT name FROM crm.people')).toEqual([{ name: 'Ann' }])
    expect(await bench().session(({ state }) => state.readCursor(scope))).toEqual({ watermark: at(1), scan: null })
    expect(await bench().load({ rows: [{ ...ann, name: 'Anna', _version: 2, _read_at: 2 }] })).toMatchObject({
      updated: 1,
    })
  })

  test('of a process that was killed while it made the state tables gets them in the next session', async () => {
    const child = start('die-while-creating')
    await child.ended
    expect(await bench().session(({ state }) => state.takeFence(scope, 'run-1'))).toMatchObject({ epoch: 1 })
    expect(await bench().load({ rows: [ann] })).toMatchObject({ inserted: 1 })
  })

  test('of an earlier version, which did not know one of the state tables, gets it in the next session', async () => {
    await bench().load({ rows: [ann] })
    const all = await tablesIn(duckdbFile(bench().location))
    expect(all).toContain('restatements')
    for (const table of all) {
      const earlier = open(`${bench().location}/${table}`)
      const file = duckdbFile(`${bench().location}/${table}`)
      copyFileSync(duckdbFile(bench().location), file)
      await tablesIn(file, `DROP TABLE _millrace.${table}`)
      await earlier.warehouse.session({ runId: 'r', purpose: 't' }, ({ state }) => state.readCursors('crm'))
      await earlier.close()
      expect(await tablesIn(file)).toEqual(all)
    }
  })

  test('in a folder that is not there is a new warehouse; one that is no database says so', async () => {
    const nested = open(`${bench().location}/a/b`)
    expect(
      await nested.warehouse.session({ runId: 'r', purpose: 't' }, ({ state }) => state.readCursors('crm')),
    ).toEqual([])
    await nested.close()
    writeFileSync(duckdbFile(bench().location), 'This is a letter, not a database.'.repeat(1000))
    expect(await errorOf(bench().rows('SELECT 1'))).toMatchObject({ code: 'MR-2001' })
  })

  test('is known to be open only in the flow of work that opened it', async () => {
    const session = bench().session(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return inSession()
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    const meanwhile = inSession()
    expect([await session, meanwhile, inSession()]).toEqual([true, false, false])
  })
})

/** As they are in a file that nobody has open, after a statement. */
async function tablesIn(file: string, statement?: string): Promise<readonly string[]> {
  const db = await openDatabase({ path: file, memoryLimit: '200MB', spillDirectory: tmpdir(), threads: 1 })
  try {
    if (statement) await db.run(statement)
    const rows = await db.rows(`SELECT table_name AS t FROM duckdb_tables() WHERE schema_name = '_millrace' ORDER BY 1`)
    return rows.map(({ t }) => t ?? '')
  } finally {
    db.close()
  }
}

const childFile = fileURLToPath(new URL('./child.ts', import.meta.url))
