/** What a request that was made again says of the rows that are refused in the end: were they perhaps taken before? */
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder
let vendor: Server
let url = ''
let requests: string[] = []
/** The status of the first request that begins so; all others are taken. */
let failing: { readonly request: string; readonly status: number } | undefined

beforeAll(async () => {
  vendor = createServer((request, response) => {
    const asked = `${request.method} ${request.url}`
    requests.push(asked)
    const isFailing = failing !== undefined && asked.startsWith(failing.request)
    const status = isFailing ? failing?.status : 200
    if (isFailing) failing = undefined
    response.writeHead(status ?? 200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const address = vendor.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterEach(() => project.remove())
afterAll(() => vendor.close())

describe('a row that is refused, and then leaves', () => {
  it.each([
    ['is not removed: nothing of it was taken', undefined, []],
    ['nor after a 429, which took nothing either', { request: 'POST /write', status: 429 }, []],
    ['nor where a look-up failed', { request: 'GET /look-up', status: 503 }, []],
    ['is removed where a request before may have brought it', { request: 'POST /write', status: 503 }, ['delete-p1']],
  ])('%s', async (_what, failure, removed) => {
    project = makeToyProject()
    failing = failure
    people("select 'p' || n as id, case n when 1 then 'bad' else 'x' end as name from range(3) t(n)")
    expect(await project.inApp(deliver)).toMatchObject({ ledger: { delivered: 2, rejected: 1 } })
    people("select 'p' || n as id, 'x' as name from range(3) t(n) where n <> 1")
    requests = []
    expect(await project.inApp(deliver)).toMatchObject({ status: 'ok', ledger: { unchanged: 2 } })
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual(removed.map((row) => `POST /write?${row}`))
  })
})

function makeToyProject(): ProjectFolder {
  const made = makeProjectFolder()
  made.write('connectors/toy/index.ts', connector)
  made.write(
    'millrace.yaml',
    `project: refused
default_target: dev
targets:
  dev: { deliver: true, warehouse: { type: duckdb, path: dev.duckdb } }
connections:
  toy: { connector: toy, url: '${url}' }
`,
  )
  made.write(
    'syncs/people.yaml',
    'model: people\nprimary_key: id\ndestination: toy\nobject: person\nmatch: id\nmap: { id: id, name: name }\non_removed: delete\n',
  )
  return made
}

const people = (sql: string) => project.write('models/people.sql', `${sql}\n`)

async function deliver(app: App) {
  const sync = app.project.syncs.find((each) => each.name === 'people')
  if (!sync) return expect.unreachable('the project has this sync')
  const { run } = await runSync(app, sync, {
    ...defaultRunOptions,
    firstRun: true,
    limits: { maxRemoved: { fraction: 1 } },
  })
  return run
}

const connector = `
import { connector, object, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

export default connector({
  name: 'toy',
  config: z.strictObject({ url: z.string() }),
  http: ({ config }) => ({ baseUrl: config.url }),
  check: async () => undefined,
  account: async () => 'toy-1',
  objects: {
    person: object({
      docs: 'https://toy.example/docs',
      delivery: 'idempotent',
      match: { id: { normalise: 'exact' } },
      fields: { id: 'string', name: 'string' },
      operations: ['upsert', 'delete'],
      batch: { rows: 3, bytes: 10000 },
      async write(changes, { http, signal }) {
        await http.get('/look-up', { signal })
        await http.post('/write?' + changes.map(({ op, key }) => op + '-' + key).join(), {}, { signal })
        return changes.map(({ op, fields }) =>
          op !== 'delete' && fields.name === 'bad'
            ? { outcome: 'rejected', code: 'INVALID', message: 'no such name', retryable: false }
            : { outcome: 'ok' },
        )
      },
    }),
  },
})
`
