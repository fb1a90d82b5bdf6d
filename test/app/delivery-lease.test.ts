/** How long a takeover waits, and what a run that lost its lease still begins (promise 5). */
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { deliveryLeaseName } from '../../src/app/lease-name.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder
let vendor: Server
let paths: string[] = []
let answer: (path: string) => Promise<number> = () => Promise.resolve(200)

beforeAll(async () => {
  vendor = createServer((request, response) => {
    const path = request.url ?? ''
    paths.push(path)
    void answer(path).then((status) => response.writeHead(status, { 'content-type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const address = vendor.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  project = makeProjectFolder()
  project.write('connectors/toy/index.ts', connector)
  project.write(
    'millrace.yaml',
    `project: leases
default_target: dev
targets:
  dev: { deliver: true, warehouse: { type: duckdb, path: dev.duckdb } }
connections:
  toy: { connector: toy, url: '${url}' }
`,
  )
  name('first')
  for (const object of ['slow', 'plain'])
    project.write(
      `syncs/${object}.yaml`,
      `model: people\nprimary_key: id\ndestination: toy\nobject: ${object}\nmatch: id\nmap: { id: id, name: name }\n`,
    )
})
afterAll(() => {
  project.remove()
  vendor.close()
})
beforeEach(() => {
  paths = []
  answer = () => Promise.resolve(200)
})

describe('a takeover', () => {
  it.each([
    ['waits for the longest request that the object may make', 'slow', 90_000],
    ['waits at least half of the lease where requests are short', 'plain', 30_000],
  ])('%s', async (_what, object, graceMs) => {
    await project.inApp(async (app) => {
      const lease = deliveryLeaseName({ destination: 'toy', object }, 'dev')
      const waits: number[] = []
      answer = async () => {
        const grant = await app.store.acquireLease({ name: lease, runId: 'other', ttlMs: 60_000, graceMs: 0 })
        waits.push(grant.granted ? 0 : grant.retryAfterMs)
        return 200
      }
      expect(await deliver(app, object)).toMatchObject({ status: 'ok' })
      expect(waits[0]).toBeGreaterThan(60_000 + graceMs - 10_000)
      expect(waits[0]).toBeLessThanOrEqual(60_000 + graceMs)
    })
  })
})

describe('a run whose lease cannot be renewed', () => {
  const short = { MILLRACE_LEASE_MS: '2500', MILLRACE_GRACE_MS: '0' }

  it('begins no request once the lease has run out: not the next of the same batch', async () => {
    name('second')
    await cutOff(async (app) => {
      answer = async () => {
        await sleep(3_000)
        return 200
      }
      expect(await deliver(app, 'plain')).toMatchObject({
        status: 'failed',
        error: {
          code: 'MR-2005',
          message: expect.stringMatching(
            /^the lease the delivery to toy plain on dev is lost: it could not be renewed in time$/,
          ),
        },
        ledger: { delivered: 0, unknown: 3 },
      })
      expect(paths).toEqual(['/first'])
    })
    // What it may have sent is sent again by the next one.
    answer = () => Promise.resolve(200)
    const next = await project.inApp((app) => deliver(app, 'plain'))
    expect(next).toMatchObject({ status: 'ok', ledger: { retry: 3, delivered: 3 } })
  })

  it('nor the same one again, though the vendor asked for that', async () => {
    name('third')
    await cutOff(async (app) => {
      answer = async () => {
        await sleep(3_000)
        return 503
      }
      expect(await deliver(app, 'plain')).toMatchObject({ status: 'failed', error: { code: 'MR-2005' } })
      expect(paths).toEqual(['/first'])
    })
  })

  it('commits what was answered before, and keeps the rest for the next run', async () => {
    name('fourth')
    await cutOff(async (app) => {
      answer = async (path) => {
        if (path === '/second') await sleep(3_000)
        return 200
      }
      // Its only batch is over when the lease is.
      expect(await deliver(app, 'plain')).toMatchObject({ ledger: { delivered: 3 } })
      expect(paths).toEqual(['/first', '/second'])
    })
    expect(await project.inApp((app) => deliver(app, 'plain'))).toMatchObject({
      ledger: { unchanged: 3, delivered: 0 },
    })
  })

  /** An app whose control store takes a lease, and then renews none. */
  async function cutOff(work: (app: App) => Promise<void>): Promise<void> {
    await project.inApp(
      async (app) => {
        const renewLease = () => Promise.reject(new RangeError('cut off'))
        await work({ ...app, store: { ...app.store, renewLease } })
      },
      { env: short },
    )
  }
})

/** Everybody in the model is called so. */
const name = (text: string) =>
  project.write('models/people.sql', `select 'p' || n as id, '${text}' as name from range(3) t(n)\n`)

async function deliver(app: App, name: string) {
  const sync = app.project.syncs.find((each) => each.name === name)
  if (sync?.kind !== 'reverse_etl') return expect.unreachable(`the project has the sync ${name}`)
  const { run } = await runSync(app, sync, {
    ...defaultRunOptions,
    firstRun: true,
    limits: { maxChanged: { fraction: 1 } },
  })
  return run
}

const connector = `
import { connector, object, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

const person = (more) => object({
  docs: 'https://toy.example/docs',
  delivery: 'idempotent',
  match: { id: { normalise: 'exact' } },
  fields: { id: 'string', name: 'string' },
  operations: ['upsert'],
  batch: { rows: 3, bytes: 10000 },
  async write(changes, { http, signal }) {
    for (const path of ['/first', '/second']) await http.post(path, {}, { signal })
    return changes.map(() => ({ outcome: 'ok' }))
  },
  ...more,
})

export default connector({
  name: 'toy',
  config: z.strictObject({ url: z.string() }),
  http: ({ config }) => ({ baseUrl: config.url }),
  check: async () => undefined,
  account: async () => 'toy-1',
  objects: { slow: person({ timeoutMs: 90000 }), plain: person({}) },
})
`
