import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark } from './benchmark.ts'
import { launcher, peakMemoryMb, timeNode } from './child.ts'
import { bareNode } from './help.ts'

export const syncList: Benchmark = {
  name: 'sync-list',
  about: '`millrace sync list` in a project of 100 syncs against `node -e 0`: wall time from spawn to exit',
  unit: 'ms',
  better: 'lower',
  limit: 6,
  pairs: async ({ full }) => {
    const project = await mkdtemp(join(tmpdir(), 'bench-list-'))
    try {
      await writeProject(project)
      const ours = [launcher, 'sync', 'list']
      const [oursMb, floorMb] = [await peakMemoryMb(ours, project), await peakMemoryMb(bareNode)]
      return await alternate(full ? 31 : 15, {
        ours: () => timeNode(ours, oursMb, project),
        floor: () => timeNode(bareNode, floorMb, project),
      })
    } finally {
      await rm(project, { recursive: true, force: true })
    }
  },
}

/** As many files as a grown team has: 60 syncs that load, 40 that deliver from 20 models. */
async function writeProject(root: string): Promise<void> {
  await Promise.all(['syncs', 'models'].map((folder) => mkdir(join(root, folder))))
  const loads = Array.from({ length: 60 }, (_, index) => [`syncs/stripe_${index}.yaml`, loadingSync])
  const models = Array.from({ length: 20 }, (_, index) => [`models/people_${index}.sql`, model(index)])
  const sends = Array.from({ length: 40 }, (_, index) => [`syncs/people_${index}.yaml`, deliveringSync(index)])
  for (const [path = '', text = ''] of [['millrace.yaml', millraceYaml], ...loads, ...models, ...sends])
    await writeFile(join(root, path), text)
}

const millraceYaml = `project: bench
default_target: sandbox
targets:
  sandbox:
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
`

const loadingSync = `source: stripe
tags: [billing]
start: 2022-01-01
pii: [email, phone]
streams:
  customers: {}
  products: {}
  prices: {}
  subscriptions: {}
  invoices: {}
  charges: {}
`

const model = (index: number) => `select id as person_id, email, name, phone, created
from {{ source('stripe_${index}', 'customers') }}
where _deleted_at is null
`

const deliveringSync = (index: number) => `model: people_${index % 20}
primary_key: person_id
destination: customerio
object: person
match: id
tags: [activation]
after: [stripe_${index % 20}]
map:
  id: person_id
  email: email
  name: name
  phone: phone
on_removed: ignore
limits: { max_changed: 30%, max_removed: 5% }
`
