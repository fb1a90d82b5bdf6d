import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aSlot } from './a-slot.ts'

afterEach(() => vi.restoreAllMocks())

it.each([
  { of: 'new', before: '' },
  { of: 'of format 5', before: 'drop index slots_claimed; pragma user_version = 5' },
])('no statement about slots reads all that 400 days have left, in a file that is $of', async ({ before }) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-slots-'))
  const path = join(folder, 'control.sqlite')
  await openSqliteStore({ path, target: 'prod' }).close()
  const older = new DatabaseSync(path)
  older.exec(before)
  older.close()
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  const store = openSqliteStore({ path, target: 'prod' })
  const prepared = prepare.mock.calls.map(([text]) => text)
  prepare.mockRestore()
  await store.claimSlots([aSlot()])
  expect(await store.slots({ schedule: 'nightly' })).toHaveLength(1)
  await store.close()

  const sql = new DatabaseSync(path)
  const plans = prepared
    .filter((text) => /(delete|select \*) from slots where/.test(text))
    .map((text) => {
      const steps = sql.prepare(`explain query plan ${text}`).all()
      return steps.map(({ detail }) => String(detail)).find((detail) => detail.includes('slots'))
    })
  sql.close()
  rmSync(folder, { recursive: true, force: true })
  const byKey = 'SEARCH slots USING INDEX sqlite_autoindex_slots_1 (target=? AND schedule=? AND'
  expect(plans.map(String).toSorted()).toEqual([
    'SEARCH slots USING INDEX slots_claimed (claimed_at<?)',
    // The newest of all, until so many are found.
    'SEARCH slots USING INDEX slots_newest (target=? AND instant<?)',
    `${byKey} instant<?)`,
    `${byKey} instant>?)`,
  ])
})
