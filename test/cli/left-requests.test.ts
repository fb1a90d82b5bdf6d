/** Requests of a connector of the project's own that nobody waits for any more: they end, and no more ends with them. */
import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { devYaml } from '../app/dev-yaml.ts'
import { emptyDirectory, millrace, write } from './command.ts'

/** Of rows it answers the first page at once, the others never; of names all, after a while. */
const server = createServer((request, response) => {
  if (request.url?.startsWith('/names')) setTimeout(() => response.end('[]'), 200)
  else if (request.url?.includes('page=1')) response.end('[{"id":1}]')
})
let project: string
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => server.closeAllConnections())

beforeEach(() => {
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  project = emptyDirectory()
  write(project, 'millrace.yaml', devYaml(`mill: { connector: mill, base_url: '${url}' }`))
})

const reading = (read: string, others = 'for (let id = 0; id < 10; id++) { yield batch(id); await wait(100) }') =>
  write(
    project,
    'connectors/mill/index.ts',
    `import { connector, stream, z } from 'millrace'
const docs = 'https://mill.example/docs'
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const common = { docs, order: 'none', key: ['id'], columns: { id: 'integer' }, fullEveryMs: 0 }
const batch = (...ids) => ({ kind: 'records', readAt: new Date(), records: ids.map((id) => ({ id })) })
let names
const lookUp = (http) => (names ??= (async () => {
  for (let page = 1; page < 5; page++) await http.get('/names', { docs, query: { page }, signal: new AbortController().signal })
})())
export default connector({
  name: 'mill',
  config: z.strictObject({ base_url: z.url() }),
  http: ({ config }) => ({ baseUrl: config.base_url, ratePerSecond: 1000 }),
  check: async () => undefined,
  streams: {
    rows: stream({ ...common, async *read(scan, { http, signal }) {
      const page = async (number, own = signal) => await http.get('/rows', { docs, signal: own, query: { page: number } })
      ${read}
    } }),
    others: stream({ ...common, async *read(scan, { http }) {
      ${others}
    } }),
  },
})
`,
  )

const ahead = (records: string) => `
      for (let number = 1, next = page(1); ; number++) {
        const records = await next
        next = page(number + 1)
        yield batch(${records})
        yield { kind: 'checkpoint', resume: number }
      }`

test('a page that was asked for ahead of the limit ends with the run, and the run is well', async () => {
  reading(ahead('...records.map(({ id }) => id)'))
  write(project, 'syncs/rows.yaml', 'source: mill\nstreams: { rows: {} }\n')
  const { code, stdout, stderr } = await millrace(project, 'sync', 'run', 'rows', '--limit', '1')
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('MR-') })
  expect(stdout).toContain('loaded 1')
})

test('a read that fails with a page ahead fails with its own error alone', async () => {
  reading(ahead('new Map()'))
  write(project, 'syncs/rows.yaml', 'source: mill\nstreams: { rows: {} }\n')
  const { code, stderr } = await millrace(project, 'sync', 'run', 'rows')
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('id is a Map') })
  expect(stderr).not.toContain('MR-7001')
})

test('a page that the read itself ends, and does not await, is over', async () => {
  reading('const own = new AbortController(); page(2, own.signal); yield batch(1); await wait(100); own.abort()')
  write(project, 'syncs/rows.yaml', 'source: mill\nstreams: { rows: {} }\n')
  expect(await millrace(project, 'sync', 'run', 'rows')).toMatchObject({ code: 0 })
})

test('a stream that forgets a request fails, what its checkpoint covers stays, and the others go on', async () => {
  reading("yield batch(1, 2); yield { kind: 'checkpoint', resume: 1 }; yield batch(3); page(2)")
  write(project, 'syncs/both.yaml', 'source: mill\nstreams: { rows: {}, others: {} }\n')
  write(project, 'syncs/later.yaml', 'source: mill\nschema: later\nstreams: { others: {} }\n')
  const { code, stdout, stderr } = await millrace(project, 'sync', 'run', 'both', 'later')
  expect(code).toBe(1)
  expect(stdout).toMatch(/both +failed .* loaded 12 /)
  expect(stdout).toMatch(/later +ok .* loaded 10 /)
  expect(stderr).toContain('MR-1401: The connector mill failed at reading rows: it was done before GET /rows')
})

test('a read that asks when it is at its end fails its run, and no other', async () => {
  reading("wait(300).then(() => page(1)); yield batch(1); yield { kind: 'checkpoint', resume: 1 }")
  write(project, 'syncs/both.yaml', 'source: mill\nstreams: { rows: {}, others: {} }\n')
  write(project, 'syncs/later.yaml', 'source: mill\nschema: later\nstreams: { others: {} }\n')
  const { code, stdout, stderr } = await millrace(project, 'sync', 'run', 'both', 'later')
  expect(code).toBe(1)
  expect(stdout).toMatch(/both +failed .* loaded 11 /)
  expect(stdout).toMatch(/later +ok .* loaded 10 /)
  expect(stderr).toContain(
    'MR-1401: The connector mill failed at reading rows: it asked for GET /rows when it was done',
  )
})

const sharing = (rows: string) => {
  reading(`const known = lookUp(http); known.catch(() => undefined); ${rows}`, 'await lookUp(http); yield batch(1)')
  write(project, 'syncs/both.yaml', 'source: mill\nstreams: { rows: {}, others: {} }\n')
}

test('a look-up that two streams share is whole for the one where --limit closes the other', async () => {
  sharing('yield batch(1); await known; yield batch(2)')
  const { code, stdout, stderr } = await millrace(project, 'sync', 'run', 'both', '--limit', '1')
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('MR-') })
  expect(stdout).toContain('loaded 2')
})

test('a look-up that two streams share is whole for the one where the other fails', async () => {
  sharing("yield batch(1); throw new Error('rows are broken')")
  const { code, stdout, stderr } = await millrace(project, 'sync', 'run', 'both')
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('rows are broken') })
  expect(stderr).not.toContain('MR-7001')
  expect(stdout).toContain('loaded 1')
})
