/** The real program: what `sync validate` says of models that do not run on both warehouses, and a model for one of them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { linesOf, millrace, newProject } from './command.ts'

let directory = ''

beforeAll(async () => {
  directory = await newProject()
  writeFileSync(join(directory, 'models/wide.sql'), `select a ->> 'b' as x,\n  c / d as y\nfrom {{ ref('people') }}\n`)
}, 30_000)

describe('sync validate', () => {
  it('says nothing of the other warehouse where the project has one', async () => {
    const { code, stdout, stderr } = await millrace(directory, 'sync', 'validate')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/: ok\n$/)
  })

  it('warns with --portable, with the place and what to write instead, and finds the project right', async () => {
    const { code, stdout, stderr } = await millrace(directory, 'sync', 'validate', '--portable')
    expect(code).toBe(0)
    expect(stdout).toMatch(/: ok, with 2 warnings\n$/)
    expect(stderr).toContain('warning `->>` does not run on Snowflake: the arrow is DuckDB’s own\n')
    expect(stderr).toContain("  models/wide.sql:1:10\n  1 │ select a ->> 'b' as x,\n    │          ^^^\n")
    expect(stderr).toContain("Next: Write {{ json_text(payload, 'a.b') }}, or json_value for what is no text.")
    expect(stderr).toContain('models/wide.sql:2:5')
  })

  it('gives a line each with --json, and counts them in the result', async () => {
    const lines = linesOf(await millrace(directory, 'sync', 'validate', '--portable', '--json'))
    expect(lines.map(({ type, place }) => [type, place?.line])).toEqual([
      ['warning', 1],
      ['warning', 2],
      ['result', undefined],
    ])
    expect(lines.at(-1)).toMatchObject({ exit_code: 0, findings: 0, warnings: 2 })
  })
})

it('a model that is written for Snowflake only is refused on DuckDB, and says so', async () => {
  const only = await newProject()
  writeFileSync(
    join(only, 'models/people.snowflake.sql'),
    `select 'c' as customer_id, 'e' as email, 'x' as subscription_state`,
  )
  const fine = await millrace(only, 'sync', 'plan', 'customerio_people', '--offline')
  expect(fine.stderr).not.toContain('not written for')
  const { renameSync } = await import('node:fs')
  renameSync(join(only, 'models/people.sql'), join(only, 'models/people_duckdb.sql'))
  const validated = await millrace(only, 'sync', 'validate')
  expect(validated.code).toBe(2)
  expect(validated.stderr).toContain('is not written for DuckDB, the warehouse of this target')
  expect(validated.stderr).toMatch(/syncs\/customerio_people\.yaml:\d+:\d+/)
  const planned = await millrace(only, 'sync', 'plan', 'customerio_people')
  expect(planned.stderr).toContain('MR-2101')
  const { code, stderr } = await millrace(only, 'sync', 'run', 'stripe', 'customerio_people')
  expect(code).toBe(1)
  expect(stderr).toContain(
    'The model people is not written for DuckDB, the warehouse of this target: there is only models/people.snowflake.sql.',
  )
  expect(stderr).toContain('Write models/people.duckdb.sql for DuckDB, or models/people.sql for every other warehouse,')
}, 60_000)
