/** Pages that a killed backfill left are unmasked: they are found by whoever is to remove them, and those of a living one stay. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { dropDeadBackfills, partFolder } from '../../src/app/backfill-spool.ts'
import { findPerson, forgetPerson } from '../../src/app/forget.ts'
import { aRun } from '../state/a-run.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

const long = 'salesforce_accounts_contacts_and_opportunities_of_the_northern_region'
const part = 'Account backfill:2025-01-01/2025-02-01'

let folder: ProjectFolder
let app: App
beforeEach(async () => {
  folder = makeProjectFolder()
  folder.write(
    'millrace.yaml',
    'project: northern\ntargets: { sandbox: { sandbox: true, warehouse: { type: duckdb, path: a.duckdb } } }\nconnections: { stripe: { connector: stripe } }\n',
  )
  for (const name of ['crm', 'crm_eu', long])
    folder.write(`syncs/${name}.yaml`, 'source: stripe\nstreams: { charges: {} }\n')
  app = await folder.open()
})
afterEach(async () => {
  await app.close()
  folder.remove()
})

/** A file of a run, where it lies. */
function page(run: string): string {
  const path = join(run, 'charges-1', 'page.ndjson')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '{"email":"ada@people.example"}')
  return path
}
const ofPart = (sync: string, runId: string) => page(join(partFolder(app, sync, part), runId))
/** As it was named without a folder of its sync above it. */
const ofOldPart = (runId: string) =>
  page(join(app.spoolDir, '_backfill', 'crm_Account_backfill_2025_01_01-4b8e55b3', runId))
const begin = (runId: string) => app.store.recordRun(aRun(runId, { sync: 'crm', trigger: 'backfill' }))

it.each(['crm', long])(
  'forget for a sync takes what its dead backfills left, and leaves those of others: %s',
  async (sync) => {
    const [own, other] = [ofPart(sync, 'dead-1'), ofPart('crm_eu', 'dead-2')]
    const request = { key: 'ada', sync, dropUnsent: false }
    expect(await findPerson(app, request)).toMatchObject({ spool: 1 })
    expect(await forgetPerson(app, request, 'asked to')).toMatchObject({ spool: 1 })
    expect([own, other].map((path) => existsSync(path))).toEqual([false, true])
  },
)

it('forget leaves what a living backfill spools, and takes what a dead one left beside it', async () => {
  await begin('alive-1')
  const [living, dead] = [ofPart('crm', 'alive-1'), ofPart('crm', 'dead-1')]
  await forgetPerson(app, { key: 'ada', sync: null, dropUnsent: false }, 'asked to')
  expect([living, dead].map((path) => existsSync(path))).toEqual([true, false])
})

it('what stands under the name of no sync goes with the next backfill, unless its run lives', async () => {
  await begin('alive-1')
  await begin('alive-2')
  const kept = [ofOldPart('alive-1'), ofPart('gone', 'alive-2'), ofPart('crm', 'dead-1')]
  const dead = [ofOldPart('dead-2'), ofPart('gone', 'dead-3')]
  await dropDeadBackfills(app, [])
  expect(kept.map((path) => existsSync(path))).toEqual([true, true, true])
  expect(dead.map((path) => existsSync(path))).toEqual([false, false])
})
