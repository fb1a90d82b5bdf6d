import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { here, runScript } from './child.ts'

export const snowflakeStream: Benchmark = {
  name: 'snowflake-stream',
  about:
    'peak memory of reading a result of 3,000,000 rows out of the simulated Snowflake against one of 1,000,000 (--full: 10,000,000), both ours',
  unit: 'MB',
  better: 'lower',
  limit: 1.15,
  pairs: async ({ full }) => {
    const directory = await mkdtemp(join(tmpdir(), 'bench-snowflake-'))
    const account = await startAccount(directory)
    const read = async (rows: number): Promise<Figure> => {
      const { rss_mb, counts } = await runScript('ours/stream-snowflake.ts', { connection: account.connection, rows })
      const { rows: found } = counts as { readonly rows: number } // what the script reports
      if (found !== rows) throw new Error(`${rows} rows were to be read, and ${found} came.`)
      return { value: rss_mb, rssMb: rss_mb }
    }
    try {
      return await alternate(1, {
        ours: () => read(full ? 10_000_000 : 3_000_000),
        floor: () => read(1_000_000),
      })
    } finally {
      await account.stop()
      await rm(directory, { recursive: true, force: true })
    }
  },
}

/** In a process of its own: what it costs is neither side's. */
async function startAccount(directory: string) {
  const child = spawn(process.execPath, [here('snowflake-account.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([
    once(lines, 'line').then(([first]) => String(first)),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The simulator ended with ${code}.`))),
  ])
  return {
    connection: JSON.parse(line) as object, // what snowflake-account.ts prints
    async stop() {
      if (child.exitCode !== null) return
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}
