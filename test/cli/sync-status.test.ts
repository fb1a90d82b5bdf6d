/** `sync status` beside runs that are on: here they are this process's. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { RunRecord } from '../../src/model/run.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { linesOf, millrace, newProject } from './command.ts'

const project = await newProject()
mkdirSync(join(project, '.millrace'), { recursive: true })
const store = openSqliteStore({ path: join(project, '.millrace/control.sqlite'), target: 'sandbox' })
afterAll(() => store.close())
const aRun = (run_id: string, started_at: string, over: Partial<RunRecord>): RunRecord => ({
  run_id,
  sync: 'stripe',
  kind: 'etl',
  target: 'sandbox',
  trigger: 'cli',
  slot: null,
  status: 'ok',
  started_at,
  seconds: 1,
  requests: 1,
  commit: null,
  finished_at: null,
  ledger: null,
  ...over,
})

test('the runs of another target do not hide those of this one', async () => {
  await store.recordRun(aRun('of-dev', '2026-11-22T01:00:00.000Z', { target: 'dev' }))
  for (let n = 0; n < 60; n++)
    await store.recordRun(aRun(`of-sandbox-${n}`, new Date(Date.UTC(2026, 10, 22, 2, n)).toISOString(), {}))
  const { stdout } = await millrace(project, '--target', 'dev', 'sync', 'status', 'stripe')
  expect(stdout).toContain('last run of-dev  ok')
})

test('of several runs that are on each is told, and none is said to have ended', async () => {
  const partition = 'backfill:2026-01-01/2026-02-01'
  await store.recordRun(aRun('part', '2026-11-22T09:00:00.000Z', { status: 'running', partition }))
  await store.recordRun(aRun('live', '2026-11-22T10:00:00.000Z', { status: 'running' }))
  const { stdout } = await millrace(project, 'sync', 'status', 'stripe')
  expect(stdout).toMatch(/running since .*, run live, .*\n.*running since .*, run part, .*backfill of .*2026-01-01/)
  expect(stdout).toContain('last run of-sandbox-59  ok')
  expect(stdout).not.toContain('without a word')
  expect(linesOf(await millrace(project, 'sync', 'status', 'stripe', '--json'))[0]).toMatchObject({
    running: { run_id: 'live' },
    also_running: [{ run_id: 'part', partition }],
    last_run: { run_id: 'of-sandbox-59', ended: 'ok' },
  })
})
