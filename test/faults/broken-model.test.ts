/** A model that the load has broken is told as such on either warehouse: by name, with its file, and what to do. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf } from './millrace-process.ts'
import { bothWarehousesYaml } from './sandbox-yaml.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({
    scale: 0.02,
    files: { 'millrace.yaml': bothWarehousesYaml, 'syncs/stripe.yaml': 'source: stripe\nstreams:\n  customers: {}\n' },
  })
})
afterAll(() => project.close())

test.each(['duckdb', 'snowflake'])('on %s, where it fails at a value of a row', async (target) => {
  project.file(
    'models/people.sql',
    `select id, email, id as plan, cast(id as boolean) as email_opt_out from {{ source('stripe', 'customers') }}\n`,
  )
  const load = await millrace(['sync', 'run', 'stripe', '--target', target], project)
  expect(resultOf(load), load.stderr).toMatchObject({ exit_code: 0 })
  const sent = await millrace(['sync', 'run', 'people', '--first-run', '--target', target], project)
  expect(sent.lines.find(({ type }) => type === 'error')).toMatchObject({
    code: 'MR-2101',
    message: expect.stringMatching(
      /^The model people \(models\/people\.sql\) fails when its rows are read: .*'cus_\w+'.*$/,
    ),
    next: ['Fix models/people.sql and run again.'],
  })
})
