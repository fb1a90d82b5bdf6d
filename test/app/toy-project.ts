import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { ReverseSync } from '../../src/config/project.ts'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

/** A vendor in this process that takes whatever it is sent. */
export type ToyVendor = {
  readonly url: string
  /** What was asked for, oldest first. */
  paths: string[]
  /** The status of an answer. */
  answer: (path: string) => Promise<number>
  readonly close: () => void
}

export async function startToyVendor(): Promise<ToyVendor> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    vendor.paths.push(path)
    void vendor
      .answer(path)
      .then((status) => response.writeHead(status, { 'content-type': 'application/json' }).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const vendor: ToyVendor = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    paths: [],
    answer: () => Promise.resolve(200),
    close: () => void server.close(),
  }
  return vendor
}

/**
 * A project that may deliver, with a connector of its own behind each of the connections. `objects` is JavaScript: what stands in
 * the connector's `objects: { … }`, where `toyObject({ … })` makes one that takes `id` and `name`. `streams`: so many, of no rows.
 */
export function makeToyProject({
  objects,
  url = 'http://127.0.0.1',
  connections = ['toy'],
  streams = [],
}: {
  readonly objects: string
  readonly url?: string
  readonly connections?: readonly string[]
  readonly streams?: readonly string[]
}): ProjectFolder {
  const project = makeProjectFolder()
  project.write('connectors/toy/index.ts', connectorOf(objects, streams))
  project.write(
    'millrace.yaml',
    devYaml(connections.map((name) => `${name}: { connector: toy, url: '${url}' }`).join(', '), { deliver: true }),
  )
  return project
}

/** A sync of the model of people, by their `id`. `more` is YAML. */
export const toySync = ({
  model = 'people',
  destination = 'toy',
  object = 'person',
  more = 'map: { id: id, name: name }',
}): string => `model: ${model}\nprimary_key: id\ndestination: ${destination}\nobject: ${object}\nmatch: id\n${more}\n`

export function deliveryOf(app: App, name: string): ReverseSync {
  const sync = app.project.syncs.find((each) => each.name === name)
  return sync?.kind === 'reverse_etl' ? sync : expect.unreachable(`the project has the sync ${name}`)
}

/** As a command would, however much changes. */
export async function deliver(app: App, name: string) {
  const limits = { maxChanged: { fraction: 1 }, maxRemoved: { fraction: 1 } }
  return (await runSync(app, deliveryOf(app, name), { ...defaultRunOptions, firstRun: true, limits })).run
}

const connectorOf = (objects: string, streams: readonly string[]): string => `
import { connector, object, stream, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

const toyObject = (more) => object({
  docs: 'https://toy.example/docs',
  delivery: 'idempotent',
  match: { id: { normalise: 'exact' } },
  fields: { id: 'string', name: 'string' },
  operations: ['upsert', 'delete'],
  batch: { rows: 3, bytes: 10000 },
  write: async (changes) => changes.map(() => ({ outcome: 'ok' })),
  ...more,
})

const toyStream = stream({
  docs: 'https://toy.example/docs',
  order: 'none',
  fullEveryMs: 0,
  key: ['id'],
  columns: { id: 'string' },
  async *read() {},
})

export default connector({
  name: 'toy',
  config: z.strictObject({ url: z.string() }),
  http: ({ config }) => ({ baseUrl: config.url }),
  check: async () => undefined,
  account: async () => 'toy-1',
  objects: { ${objects} },
  streams: { ${streams.map((name) => `${name}: toyStream`).join(', ')} },
})
`
