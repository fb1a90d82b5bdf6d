/** Ours: a first delivery of every row, as `millrace sync run --first-run` does it: diff, intents, payloads, acknowledgements, history. */
import '@duckdb/node-api'
import '../../src/app/run-reverse-sync.ts'
import '../../src/warehouse/duckdb/warehouse.ts'
import { openApp } from '../../src/app/app.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { readArguments, report } from '../report.ts'

const { directory, url } = readArguments<{ readonly directory: string; readonly url: string }>()

/** While nothing is on its way to the sink: how long the run spends on intents and acknowledgements alone. */
let bookkeepingMs = 0
let since = 0
let sendingSince = 0
let inFlight = 0
let isBookkeeping = false
const began = performance.now()
/** Called before each change of what goes on. */
const count = () => {
  const now = performance.now()
  if (isBookkeeping && inFlight === 0) bookkeepingMs += now - since
  since = now
}
const app = await openApp({
  directory,
  onEvent({ type }) {
    count()
    if (type === 'diff.finished' || type === 'acknowledge.started') isBookkeeping = true
    if (type === 'intents.committed' || type === 'acknowledged') isBookkeeping = false
    if (type === 'intents.committed') sendingSince = performance.now()
    if (type === 'batch.sent') inFlight++
    if (type === 'batch.answered') inFlight--
  },
  env: { ...process.env, BENCH_URL: url },
  signal: new AbortController().signal,
})
const sync = app.project.syncs.find(({ name }) => name === 'sink_people')
if (!sync) throw new Error('bench/project has no sync sink_people.')
const { run, errors } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
const delivery = (performance.now() - sendingSince) / 1000
await app.close()
const seconds = (performance.now() - began) / 1000
if (run.status !== 'ok') throw errors[0] ?? new Error(`The run ended as ${run.status}.`)
report({ seconds, delivery_seconds: delivery, bookkeeping_seconds: bookkeepingMs / 1000 })
