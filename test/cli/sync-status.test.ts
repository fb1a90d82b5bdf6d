/** `sync status` beside runs that are on: here they are this process's. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { linesOf, millrace, newProject } from './command.ts'
import { aRun } from '../state/a-run.ts'

const project = await newProject()
mkdirSync(join(project, '.millrace'), { recursive: true })
const store = openSqliteStore({ path: join(project, '.millrace/control.sqlite'), target: 'sandbox' })
afterAll(() => store.close())
test('the runs of another target do not hide those of this one', async () => {
  await store.recordRun(aRun('of-dev', { started_at: '2026-11-22T01:00:00.000Z', target: 'dev', status: 'ok' }))
  for (let n = 0; n < 60; n++)
    await store.recordRun(
      aRun(`of-sandbox-${n}`, { started_at: new Date(Date.UTC(2026, 10, 22, 2, n)).toISOString(), status: 'ok' }),
    )
  const { stdout } = await millrace(project, '--target', 'dev', 'sync', 'status', 'stripe')
  expect(stdout).toContain('last run of-dev  ok')
})

test('of several runs that are on each is told, and none is said to have ended', async () => {
  const partition = 'backfill:2026-01-01/2026-02-01'
  await store.recordRun(aRun('part', { started_at: '2026-11-22T09:00:00.000Z', partition }))
  await store.recordRun(aRun('live', { started_at: '2026-11-22T10:00:00.000Z' }))
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

test('of what ran last it is told that it was a part of a backfill, or a trial: neither is the nightly load', async () => {
  const partition = 'customers 2022-01-01/2022-02-01'
  const ended = (id: string, hour: number) => ({
    ...aRun(id, { started_at: `2026-11-22T${hour}:00:00.000Z`, status: 'ok' }),
  })
  await store.recordRun({ ...ended('last-part', 11), partition })
  const { stdout } = await millrace(project, 'sync', 'status', 'stripe')
  expect(stdout).toMatch(/last run last-part .*, backfill of customers 2022-01-01\/2022-02-01\n/)
  await store.recordRun({ ...ended('trial', 12), limited_to: 100 })
  expect((await millrace(project, 'sync', 'status', 'stripe')).stdout).toMatch(/last run trial .*, with --limit 100\n/)
})
