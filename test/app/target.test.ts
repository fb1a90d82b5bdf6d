/** What a target of millrace.yaml means once the parts are put together. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openApp, type App } from '../../src/app/app.ts'
import { collect } from '../warehouse/workbench.ts'

const made: string[] = []
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

async function withApp(yaml: string, work: (app: App) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-target-'))
  made.push(directory)
  writeFileSync(join(directory, 'millrace.yaml'), yaml)
  const app = await openApp({
    directory,
    onEvent: () => undefined,
    env: {},
    signal: new AbortController().signal,
  })
  try {
    await work(app)
  } finally {
    await app.close()
  }
}

const memoryOf = ({ warehouse }: App) =>
  warehouse.session({ runId: 'run-1', purpose: 'look' }, (session) =>
    collect(session.query(`SELECT current_setting('memory_limit') AS memory`)),
  )

it('a project that names no target has the sandbox, and nothing else', async () => {
  await withApp('project: acme\n', async ({ project, target }) => {
    expect(Object.keys(project.targets)).toEqual(['sandbox'])
    expect(target).toMatchObject({ name: 'sandbox', sandbox: true, deliver: true })
  })
})

it('the sandbox is the target where no other is asked for; the others do not deliver', async () => {
  await withApp('project: acme\ntargets: { prod: {}, sandbox: { sandbox: true } }\n', async ({ project, target }) => {
    expect(target.name).toBe('sandbox')
    expect(project.targets['prod']).toMatchObject({ sandbox: false, deliver: false })
  })
})

it('memory_limit reaches the warehouse; without one it is 1 GB', async () => {
  const warehouse = '{ type: duckdb, path: a.duckdb, memory_limit: 300MiB }'
  await withApp(`project: acme\ntargets: { sandbox: { sandbox: true, warehouse: ${warehouse} } }\n`, async (app) => {
    expect(await memoryOf(app)).toEqual([{ memory: '300.0 MiB' }])
  })
  await withApp('project: acme\n', async (app) => {
    expect(await memoryOf(app)).toEqual([{ memory: '953.6 MiB' }])
  })
})
