/** Ours: `millrace sync run` without the terminal, as the command runs it: lease, host, spool, staging, fenced commit, history. */
import '@duckdb/node-api'
import '../../src/app/run-etl-sync.ts'
import '../../src/warehouse/duckdb/warehouse.ts'
import { openApp } from '../../src/app/app.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { readArguments, report } from '../report.ts'

const {
  directory,
  sync: name,
  url,
} = readArguments<{
  readonly directory: string
  readonly sync: string
  readonly url: string
}>()

const began = performance.now()
const app = await openApp({
  directory,
  onEvent: () => undefined,
  env: { ...process.env, BENCH_URL: url },
  signal: new AbortController().signal,
})
const sync = app.project.syncs.find((each) => each.name === name)
if (!sync) throw new Error(`bench/project has no sync ${name}.`)
const { run, errors } = await runSync(app, sync, defaultRunOptions)
await app.close()
const seconds = (performance.now() - began) / 1000
if (run.status !== 'ok') throw errors[0] ?? new Error(`The run ended as ${run.status}.`)
report({ seconds })
