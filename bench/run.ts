/** `npm run bench [-- NAME…] [--json] [--full]`: a row per benchmark; exit 1 where a ratio misses its limit. */
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { judge, type Benchmark, type Result } from './benchmark.ts'
import { bulkCsv } from './bulk-csv.ts'
import { daemonIdle } from './daemon-idle.ts'
import { daemonStart } from './daemon-start.ts'
import { delivery, deliveryBookkeeping } from './delivery.ts'
import { executorOverhead } from './executor-overhead.ts'
import { flatMemory } from './flat-memory.ts'
import { help } from './help.ts'
import { jsonPages } from './json-pages.ts'
import { merge } from './merge.ts'
import { changedDiff, noChangesDiff } from './diff.ts'
import { recordsToParquet } from './records-to-parquet.ts'
import { slotLateness } from './slot-lateness.ts'
import { smallStreams } from './small-streams.ts'
import { snowflakeStream } from './snowflake-stream.ts'
import { syncList } from './sync-list.ts'

const benchmarks: readonly Benchmark[] = [
  help,
  syncList,
  jsonPages,
  bulkCsv,
  smallStreams,
  flatMemory,
  merge,
  recordsToParquet,
  snowflakeStream,
  noChangesDiff,
  changedDiff,
  daemonStart,
  daemonIdle,
  slotLateness,
  executorOverhead,
  delivery,
  deliveryBookkeeping,
]

const options = readOptions()
if (options) process.exitCode = await runBenchmarks(options)
else process.exitCode = 2

async function runBenchmarks({ chosen, json, full }: Options): Promise<number> {
  process.stderr.write(`${describeMachine()}\n`)
  if (!json) console.log(row('benchmark', 'ours', 'bare', 'ratio', 'limit', 'peak memory'))
  let exitCode = 0
  for (const benchmark of chosen) {
    try {
      const result = judge(benchmark, await benchmark.pairs({ full }))
      console.log(json ? JSON.stringify(result) : describe(result))
      if (!result.ok) exitCode = 1
    } catch (error) {
      // Nothing was measured, which must not look like a figure.
      exitCode = 1
      if (json) console.log(JSON.stringify({ name: benchmark.name, ok: false, error: String(error) }))
      else console.log(row(benchmark.name, 'FAILED', '', '', '', ''))
      process.stderr.write(`${benchmark.name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
  }
  return exitCode
}

function describe({ name, unit, ours, floor, ratio, limit, better, rss_mb, ok }: Result): string {
  const amount = (value: number) =>
    `${value.toLocaleString('en', { maximumFractionDigits: unit === 'ms' ? 1 : 0 })} ${unit}`
  const bound = `${better === 'lower' ? '≤' : '≥'} ${limit.toFixed(2)}`
  return `${row(name, amount(ours), amount(floor), ratio.toFixed(2), bound, `${rss_mb} MB`)}  ${ok ? '✓' : '✗ missed'}`
}

function row(...cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(18) : cell.padStart(index < 3 ? 16 : 12))).join('')
}

function describeMachine(): string {
  const gb = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GB`
  const [one = 0, five = 0] = loadavg()
  return (
    `${new Date().toISOString()}  Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ` +
    `${gb(freemem())} of ${gb(totalmem())} free, load ${one.toFixed(2)} (1 min) ${five.toFixed(2)} (5 min)`
  )
}

type Options = { readonly chosen: readonly Benchmark[]; readonly json: boolean; readonly full: boolean }

function readOptions(): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, full: { type: 'boolean', default: false } },
    })
    const names = benchmarks.map(({ name }) => name)
    const unknown = positionals.filter((name) => !names.includes(name))
    if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(', ')}.`)
    const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
    return { chosen, ...values }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.stderr.write('usage: npm run bench [-- NAME…] [--json] [--full]\n')
    for (const { name, about } of benchmarks) process.stderr.write(`  ${name.padEnd(18)}${about}\n`)
    return undefined
  }
}
