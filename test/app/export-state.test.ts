import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { leaseName } from '../../src/app/lease-name.ts'
import { exportSyncState } from '../../src/app/export-state.ts'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeProjectFolder()
  project.write('millrace.yaml', devYaml("stripe: { connector: stripe, secret_key: '${env:STRIPE_SECRET_KEY}' }"))
  project.write('syncs/stripe.yaml', 'source: stripe\nstreams: { customers: {} }\n')
})
afterEach(() => project.remove())

it('whoever reads an exported state slowly holds neither the warehouse nor the sync, and nothing of it stays behind', async () => {
  await project.inApp(async (app) => {
    const [sync] = app.project.syncs
    if (!sync) throw new Error('the project has no sync')
    const held: unknown[] = []
    let read = ''
    const rows = await exportSyncState(app, sync, {
      file: null,
      reason: 'a test',
      write: async (text) => {
        read += text
        const file = { resource: project.path('dev.duckdb'), runId: 'other', purpose: 'a run' }
        const ticket = await app.store.takeTicket(file)
        held.push(await app.store.ticketBefore(ticket))
        await app.store.returnTicket(ticket)
        const lease = { name: leaseName(sync, 'dev'), runId: 'other', ttlMs: 1000, graceMs: 0 }
        const grant = await app.store.acquireLease(lease)
        held.push(grant.granted ? null : grant.holder)
      },
    })
    expect(rows).toEqual({ cursors: 0, rejects: 0 })
    expect(
      read
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ sync: 'stripe' }, { type: 'end', rows }])
    expect(held).toEqual([null, null])
    expect(readdirSync(project.path('.millrace')).filter((name) => name.startsWith('export'))).toEqual([])
  })
})
