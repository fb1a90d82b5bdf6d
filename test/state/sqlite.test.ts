import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aReverseRun } from './a-reverse-run.ts'
import { aSlot } from './a-slot.ts'
import { controlStoreConformance } from './conformance.ts'
import { open } from './sqlite-adapter.ts'

controlStoreConformance('sqlite', { open, adapterUrl: new URL('sqlite-adapter.ts', import.meta.url).href })

describe('the file of the control store', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-state-'))
    path = join(folder, 'control.db')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('a damaged file is refused, and the error says what to do', () => {
    writeFileSync(path, 'this is not a database, whatever its name says'.repeat(100))
    expect(() => openSqliteStore({ path })).toThrow(
      expect.objectContaining({ code: 'MR-6003', next: [expect.stringContaining(`mv ${path}`)] }),
    )
  })

  test.each([
    ['of a newer millrace', 99, 'update this one'],
    ['of a format that was in no release', 2, 'Move that file away'],
  ])('a file %s is refused, and left as it was', async (_, format, next) => {
    await openSqliteStore({ path }).close()
    const sql = new DatabaseSync(path)
    sql.exec(`pragma user_version = ${format}`)
    expect(() => openSqliteStore({ path })).toThrow(
      expect.objectContaining({
        code: 'MR-6003',
        message: expect.stringContaining(`format ${format}`),
        next: [expect.stringContaining(next)],
      }),
    )
    expect(sql.prepare('pragma user_version').get()).toEqual({ user_version: format })
    sql.close()
  })

  test('a file of format 3 keeps its slots, and remembers of its runs that they delivered when they go', async () => {
    let nowMs = Date.parse('2026-01-01T00:00:00Z')
    const clock = { now: () => new Date(nowMs) }
    const old = openSqliteStore({ path, clock })
    await old.claimSlots([aSlot()])
    for (const [target, delivered] of [['prod', 3] as const, ['dev', 0] as const])
      await old.recordRun(aReverseRun(`old ${target}`, { target, started_at: clock.now().toISOString(), delivered }))
    await old.close()
    const sql = new DatabaseSync(path)
    sql.exec('drop table deliveries; drop index runs_ended; pragma user_version = 3')
    sql.close()
    const store = openSqliteStore({ path, clock })
    expect(await store.claimSlots([aSlot()])).toEqual([false])
    nowMs += 91 * 24 * 3_600_000
    for (const target of ['prod', 'dev'])
      await store.recordRun(
        aReverseRun(`new ${target}`, { target, started_at: clock.now().toISOString(), delivered: 0 }),
      )
    expect((await store.runs({})).map(({ run_id }) => run_id)).toEqual(['new dev', 'new prod'])
    expect(await store.hasDelivered({ sync: 'people', target: 'prod' })).toBe(true)
    expect(await store.hasDelivered({ sync: 'people', target: 'dev' })).toBe(false)
    await store.close()
  })

  test('a SQLite file of another program is refused', () => {
    const sql = new DatabaseSync(path)
    sql.exec('create table theirs (x)')
    sql.close()
    expect(() => openSqliteStore({ path })).toThrow(
      expect.objectContaining({ code: 'MR-6003', message: expect.stringContaining('another program') }),
    )
  })

  test('a folder that cannot be written to is an MR-6003', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => openSqliteStore({ path: join(folder, 'file', 'control.db') })).toThrow(
      expect.objectContaining({ code: 'MR-6003' }),
    )
  })

  test('a ticket and a lease that cannot be given back hold up nobody, and are given back as soon as they can', async () => {
    const store = openSqliteStore({ path })
    const other = openSqliteStore({ path })
    const lease = { name: 'l', runId: 'r', ttlMs: 60_000, graceMs: 1_000 }
    const grant = await store.acquireLease(lease)
    if (!grant.granted) return expect.unreachable()
    const first = await store.takeTicket({ resource: 'w', runId: 'r', purpose: 'p' })
    const here = await store.takeTicket({ resource: 'w', runId: 's', purpose: 'p' })
    const sql = new DatabaseSync(path)
    // As on a full disk: nothing of it can be written.
    sql.exec(`create trigger no1 before delete on tickets begin select raise(abort, 'full'); end`)
    sql.exec(`create trigger no2 before update on leases begin select raise(abort, 'full'); end`)
    await store.returnTicket(first)
    await store.releaseLease(grant.lease)
    const there = await other.takeTicket({ resource: 'w', runId: 't', purpose: 'p' })
    expect(await other.ticketBefore(there)).not.toBeNull()
    sql.exec('drop trigger no1; drop trigger no2')
    sql.close()
    expect(await store.ticketBefore(here)).toBeNull()
    await store.returnTicket(here)
    await expect.poll(() => other.ticketBefore(there), { timeout: 5_000 }).toBeNull()
    await expect
      .poll(() => other.acquireLease({ ...lease, runId: 't' }), { timeout: 5_000 })
      .toMatchObject({ granted: true })
    await store.close()
    await other.close()
  })

  test('an uncontended ticket costs less than a millisecond', async () => {
    const store = openSqliteStore({ path })
    const times: number[] = []
    for (let n = 0; n < 500; n++) {
      const began = performance.now()
      const ticket = await store.takeTicket({ resource: 'w', runId: 'r', purpose: 'p' })
      await store.ticketBefore(ticket)
      times.push(performance.now() - began)
      await store.returnTicket(ticket)
    }
    await store.close()
    const median = times.sort((a, b) => a - b)[250]
    if (process.env['SHOW_FIGURES']) process.stderr.write(`ticket: median ${median} ms\n`)
    expect(median).toBeLessThan(1)
  })
})
