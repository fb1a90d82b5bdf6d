/** What each warehouse is sent, to be read as it stands: a change of a statement is a change of these files. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/duckdb/open-database.ts'
import { open as openDuckDB } from './duckdb-adapter.ts'
import { playStatements } from './play-statements.ts'
import { open as openSnowflake } from './snowflake-adapter.ts'
import { openWorkbench, type OpenWarehouse } from './workbench.ts'

test.each([
  ['duckdb', openDuckDB],
  ['snowflake', openSnowflake],
] as const)('the statements that %s gets are those of its golden file', async (name, open) => {
  await expect(await record(open)).toMatchFileSnapshot(`golden/statements-${name}.sql`)
})

async function record(open: OpenWarehouse): Promise<string> {
  const lines: string[] = []
  const files = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
  const bench = openWorkbench((location) => open(location, (sql) => lines.push(`${sql};`)), files)
  try {
    await playStatements(bench, (part) => lines.push(`\n-- ${part}`))
  } finally {
    await bench.close()
    rmSync(bench.location, { recursive: true, force: true })
    files.close()
  }
  const text = lines
    .join('\n')
    .replaceAll(bench.location, '/files')
    .replaceAll(/(__MILLRACE_(?:OLD|WIDE)_)[0-9A-F]{8}/g, '$1…')
  // Files that were put together lie in a directory of their own for a moment.
  return `${text.replaceAll(/file:\/\/[^']*\/millrace-parquet-\w+\//g, 'file:///files/together-').trim()}\n`
}
