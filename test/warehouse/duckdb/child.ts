// A process of its own that does something to a DuckDB file: `node child.ts FILE ROLE`.
import { existsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { openDatabase, type Database } from '../../../src/duckdb/open-database.ts'
import { MillraceError } from '../../../src/model/millrace-error.ts'
import { openDuckDBWarehouse } from '../../../src/warehouse/duckdb/warehouse.ts'

const [path = '', role = ''] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const openFile = (): Promise<Database> =>
  openDatabase({ path, memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })

if (role === 'hold') {
  await openFile()
  say('held')
  await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()))
} else if (role === 'fill') {
  const warehouse = openDuckDBWarehouse({ path, memoryLimit: '500MB', threads: 1, inTurn: (_, work) => work() })
  const filling = `INSERT INTO crm.people (id, name) SELECT i, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) FROM range(2000000) r(i)`
  await warehouse
    .session({ runId: 'fill', purpose: 'fill' }, async (session) => {
      for await (const _ of session.query(filling)) continue
    })
    .then(
      () => say('fits'),
      (error: unknown) => say(error instanceof MillraceError ? `${error.code}` : String(error)),
    )
} else if (role === 'die-while-creating') {
  const warehouse = openDuckDBWarehouse({ path, memoryLimit: '500MB', threads: 1, inTurn: (_, work) => work() })
  // A log of this size holds the first tables and not yet all.
  // On a busy machine the session may be over, and its log gone, before this loop sees it.
  void warehouse
    .session({ runId: 'r', purpose: 'create' }, () => Promise.resolve())
    .then(() => process.kill(process.pid, 'SIGKILL'))
  const wal = `${path}.wal`
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    if (existsSync(wal) && statSync(wal).size > 600) process.kill(process.pid, 'SIGKILL')
  }
}
process.exit(0)
