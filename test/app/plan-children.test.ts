/** Rows inside others that get another key: `sync plan` says of it what the run would say. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

const linesBy = (key: string) => project.write('millrace.yaml', devYaml(`toy: { connector: toy, key: '${key}' }`))

beforeEach(() => {
  project = makeProjectFolder()
  project.write('connectors/toy/index.ts', toyConnector)
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { orders: {}, lines: {} }\n')
})

afterEach(() => project.remove())

/** Its connection says what the key of the lines is. */
const toyConnector = `
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'
const docs = 'https://toy.example/docs'
export default connector({
  name: 'toy',
  config: z.strictObject({ key: z.string() }),
  open: async ({ config }) => ({
    check: async () => undefined,
    account: async () => 'toy-1',
    now: async () => new Date(),
    streamNames: async () => ['orders', 'lines'],
    streams: async () => [
      {
        name: 'orders',
        docs,
        key: ['id'],
        order: 'none',
        lagMs: 0,
        overlapMs: 0,
        columns: { id: 'integer' },
        children: [{ name: 'lines', docs, key: config.key.split(' '), columns: { id: 'integer', order: 'integer' }, parent: 'order' }],
        async *read() {
          const child = { stream: 'lines', parents: ['1'] }
          yield { kind: 'records', records: [{ id: 1 }], readAt: new Date() }
          yield { kind: 'records', records: [{ id: 7, order: 1 }], readAt: new Date(), child }
          yield { kind: 'checkpoint', resume: null }
        },
      },
    ],
  }),
})
`

it('is refused by the plan in the words of the run', async () => {
  linesBy('id')
  expect((await project.runCrm()).errors).toEqual([])
  expect(await project.planAll()).toMatchObject([{ streams: [{ name: 'orders' }] }])
  linesBy('order id')
  const words = { code: 'MR-2201', message: expect.stringContaining('lines: the rows of crm.lines are known by id,') }
  await expect(project.planAll()).rejects.toMatchObject(words)
  expect((await project.runCrm()).errors).toMatchObject([words])
})

it('is refused by the plan in one with the rows around them, where those get another key, too', async () => {
  linesBy('id')
  expect((await project.runCrm()).errors).toEqual([])
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { orders: { mask: { id: sha256 } }, lines: {} }\n')
  const [refused] = (await project.runCrm()).errors
  expect(refused?.next.join('\n')).toMatch(/drop table crm\.orders;[^]*drop table crm\.lines;/)
  await expect(project.planAll()).rejects.toMatchObject({
    code: 'MR-2201',
    message: refused?.message,
    next: refused?.next,
  })
})
