/** What a target of millrace.yaml means once the parts are put together. */
import { expect, it } from 'vitest'
import type { App, AppOptions } from '../../src/app/app.ts'
import { readConnectionKeys } from '../../src/app/project-sandbox.ts'
import { collect } from '../warehouse/workbench.ts'
import { makeProjectFolder } from './project-folder.ts'

async function withApp(
  yaml: string,
  work: (app: App) => Promise<void>,
  { files, ...options }: Partial<AppOptions> & { readonly files?: { readonly [name: string]: string } } = {},
): Promise<void> {
  const project = makeProjectFolder()
  for (const [name, text] of Object.entries({ 'millrace.yaml': yaml, ...files })) project.write(name, text)
  await project.inApp(work, options)
  project.remove()
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

const connected = `project: acme
targets: { sandbox: { sandbox: true }, prod: {} }
connections:
  mail: { connector: customerio, site_id: '\${env:SITE}', api_key: '\${env:KEY}', base_url: https://vendor.invalid }
  toy: { connector: toy }
`
const env = { SITE: 'real-site-0123', KEY: 'real-key-0123456789' }

it('on a sandbox target a connection goes to the simulator with its credentials, whatever its own keys say', async () => {
  await withApp(
    connected,
    async (app) => {
      const { value, secrets } = await readConnectionKeys(app, 'mail')
      expect(secrets).toContain(value['api_key'])
      expect(value['base_url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+/)
      expect(JSON.stringify(value)).not.toMatch(/real-|vendor\.invalid|env:/)
    },
    { env },
  )
})

it('on any other target it goes where its keys say, and their secrets are told for redaction', async () => {
  await withApp(
    connected,
    async (app) => {
      const { value, secrets } = await readConnectionKeys(app, 'mail')
      expect(value).toMatchObject({ base_url: 'https://vendor.invalid', api_key: env.KEY })
      expect([...secrets].sort()).toEqual([env.KEY, env.SITE])
    },
    { env, target: 'prod' },
  )
})

it('a connector without a simulator does not run on a sandbox target', async () => {
  await withApp(
    connected,
    async (app) => {
      await expect(readConnectionKeys(app, 'toy')).rejects.toMatchObject({ code: 'MR-6001' })
    },
    { files: { 'connectors/toy/index.ts': 'export default {}\n' } },
  )
})
