/** A table that another mode has loaded: `sync plan` says of it what the run would say. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

const sync = (mode: string) => project.write('syncs/crm.yaml', `source: toy\nstreams: { people: { mode: ${mode} } }\n`)

beforeEach(() => {
  project = makeProjectFolder()
  project.write('millrace.yaml', devYaml('toy: { connector: toy }'))
  project.write('connectors/toy/index.ts', toyConnector)
})

afterEach(() => project.remove())

const toyConnector = `
import { connector, stream, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

export default connector({
  name: 'toy',
  config: z.strictObject({}),
  check: async () => undefined,
  account: async () => 'toy-1',
  streams: {
    people: stream({
      docs: 'https://toy.example/docs',
      key: ['id'],
      order: 'none',
      columns: { id: 'string', name: 'string' },
      async *read() {
        yield { kind: 'records', records: [{ id: '1', name: 'Ann' }], readAt: new Date() }
        yield { kind: 'checkpoint', resume: null }
      },
    }),
  },
})
`

it('of intervals is refused to another mode by the plan in the words of the run', async () => {
  sync('scd2')
  expect((await project.runCrm()).run.status).toBe('ok')
  sync('merge')
  const words = { code: 'MR-2201', message: expect.stringContaining('holds intervals') }
  await expect(project.planAll()).rejects.toMatchObject(words)
  expect((await project.runCrm()).errors).toMatchObject([words])
})

it('of another mode gets its interval columns in the plan, and then in the run', async () => {
  sync('merge')
  expect((await project.runCrm()).run.status).toBe('ok')
  sync('scd2')
  const added = ['valid_from', 'valid_to', 'is_current'].map((column) => ({ kind: 'column_added', column }))
  expect(await project.planAll()).toMatchObject([{ streams: [{ schema_changes: added }] }])
  expect((await project.runCrm()).run.status).toBe('ok')
  expect(await project.planAll()).toMatchObject([{ streams: [{ schema_changes: [] }] }])
})
