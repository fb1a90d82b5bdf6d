/** Ours: a first delivery of every row, as `millrace sync run --first-run` does it: diff, intents, payloads, acknowledgements, history. */
import '@duckdb/node-api'
import { openApp } from '../../src/app/app.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { readArguments, report } from '../report.ts'

const { directory, url } = readArguments<{ readonly directory: string; readonly url: string }>()

/** In the warehouse, beside the sending: how long intents and acknowledgements took, one after the other. */
let bookkeepingMs = 0
let since = 0
const began = performance.now()
const app = await openApp({
  directory,
  onEvent({ type }) {
    if (type === 'diff.finished' || type === 'acknowledge.started') since = performance.now()
    if (type === 'intents.committed' || type === 'acknowledged') bookkeepingMs += performance.now() - since
  },
  env: { ...process.env, BENCH_URL: url },
  signal: new AbortController().signal,
})
const sync = app.project.syncs.find(({ name }) => name === 'sink_people')
if (!sync) throw new Error('bench/project has no sync sink_people.')
const { run, errors } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
await app.close()
const seconds = (performance.now() - began) / 1000
if (run.status !== 'ok') throw errors[0] ?? new Error(`The run ended as ${run.status}.`)
report({ seconds, bookkeeping_seconds: bookkeepingMs / 1000 })
