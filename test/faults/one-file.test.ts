/** On one DuckDB file: a daemon with three syncs due at once, a backfill and a sync by hand all end, and none starves. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { etlImbalance } from '../../src/model/ledger.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, start } from './millrace-process.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    files: {
      'syncs/billing.yaml': 'source: stripe\nstreams:\n  customers: {}\n  invoices: {}\n',
      'syncs/catalogue.yaml': 'source: stripe\nstreams:\n  products: {}\n  prices: {}\n  charges: {}\n',
      'syncs/past.yaml': 'source: stripe\nstreams:\n  charges: {}\n',
      'schedules.yaml':
        'max_runs: 3\nschedules:\n  all: { select: [stripe, billing, catalogue], every: 5s, overlap: skip }\n',
    },
  })
}, 60_000)
afterAll(() => project.close())

it('a daemon with three syncs due at once, a backfill and a sync by hand share the file', async () => {
  // Slow enough that they are all at it at the same time.
  await project.sandbox.setFault('stripe', 'delay', { ms: 30, times: 'always' })
  const daemon = start(['daemon'], project)
  try {
    await until(() => daemon.lines.filter(({ type }) => type === 'job.started').length >= 3, daemon.stderr)
    const [backfill, hand] = await Promise.all([
      millrace(['backfill', 'past', '--from', '2025-06-01', '--step', '61d', '--parallel', '3'], project),
      millrace(['sync', 'run', 'stripe'], project),
    ])
    expect([backfill.code, backfill.stderr, hand.code, hand.stderr]).toEqual([0, '', 0, ''])
    await until(() => daemon.lines.filter(({ type }) => type === 'job.ended').length >= 6, daemon.stderr)
  } finally {
    daemon.child.kill('SIGTERM')
    await new Promise((resolve) => daemon.child.on('exit', resolve))
  }
  expect(daemon.child.exitCode).toBe(0)

  const runs = await allRuns()
  expect(runs.map(({ sync, status }) => `${sync} ${status}`).filter((text) => !text.endsWith(' ok'))).toEqual([])
  expect(new Set(runs.map(({ trigger, sync }) => `${trigger} ${sync}`))).toEqual(
    new Set(['schedule stripe', 'schedule billing', 'schedule catalogue', 'backfill past', 'cli stripe']),
  )
  const waits = runs.map(({ longest_wait_seconds: seconds = 0 }) => seconds)
  process.stderr.write(`${runs.length} runs on one file; the longest wait of one was ${Math.max(...waits)} s\n`)
  expect(Math.max(...waits)).toBeLessThan(saneWaitSeconds)

  for (const { sync, streams = {} } of runs)
    for (const [stream, report] of Object.entries(streams))
      expect(etlImbalance(report), `${sync} ${stream}`).toBeFalsy()
  for (const [schema, table] of loaded) {
    const [count] = await project.rows(`SELECT count(*) AS n, count(DISTINCT id) AS d FROM ${schema}.${table}`)
    const held = await project.sandbox.show('stripe', table)
    const there = String(
      schema === 'past' ? held.filter(({ created }) => Number(created) >= pastFrom).length : held.length,
    )
    expect(count, `${schema}.${table}`).toEqual({ n: there, d: there })
    const [inserted] = await project.rows(
      `SELECT sum(CAST(commits.ledger->>'inserted' AS BIGINT)) AS n FROM _millrace.commits JOIN _millrace.runs USING (run_id) WHERE sync = '${schema}' AND stream = '${table}'`,
    )
    expect(inserted?.['n'], `${schema}.${table}`).toBe(there)
  }
}, 120_000)

const loaded = [
  ['stripe', 'customers'],
  ['stripe', 'subscriptions'],
  ['stripe', 'charges'],
  ['billing', 'customers'],
  ['billing', 'invoices'],
  ['catalogue', 'products'],
  ['catalogue', 'prices'],
  ['catalogue', 'charges'],
  ['past', 'charges'],
] as const

async function allRuns() {
  const store = openSqliteStore({ path: join(project.directory, '.millrace', 'control.sqlite'), target: 'sandbox' })
  try {
    return await store.runs({ limit: 200 })
  } finally {
    await store.close()
  }
}

async function until(holds: () => boolean, tell: () => string) {
  const giveUp = Date.now() + 60_000
  while (!holds()) {
    if (Date.now() > giveUp) throw new Error(`it did not come: ${tell()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const pastFrom = Date.parse('2025-06-01') / 1000
/** A session takes tenths of a second, and the lease of `stripe` is held for a run: a few seconds on two cores. */
const saneWaitSeconds = 30
