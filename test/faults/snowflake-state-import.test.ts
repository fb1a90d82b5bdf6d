import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
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
  await rm(join(project.directory, 'syncs/people.yaml'))
})
afterAll(() => project.close())

test.each(['duckdb', 'snowflake'])('on %s the cursors of a load go back in', async (target) => {
  const at = ['--target', target]
  const load = await millrace(['sync', 'run', 'stripe', ...at], project)
  expect(resultOf(load), load.stderr).toMatchObject({ exit_code: 0 })
  const file = join(project.directory, `${target}.ndjson`)
  const out = await millrace(['sync', 'state', 'export', 'stripe', file, '--reason', 'a test', ...at], project)
  expect(out.code, out.stderr).toBe(0)
  const back = await millrace(
    ['sync', 'state', 'import', 'stripe', file, '--reason', 'a test', '--yes', ...at],
    project,
  )
  expect(back.code, JSON.stringify(back.lines)).toBe(0)
})

test.each(['duckdb', 'snowflake'])('on %s they go with a sync that was renamed', async (target) => {
  const at = ['--target', target]
  const file = join(project.directory, 'syncs/stripe.yaml')
  expect((await millrace(['sync', 'run', 'stripe', ...at], project)).code).toBe(0)
  project.file('syncs/pay.yaml', `schema: stripe\n${readFileSync(file, 'utf8')}`)
  await rm(file)
  try {
    const moved = await millrace(
      ['sync', 'state', 'move', 'stripe', 'pay', '--reason', 'a test', '--yes', ...at],
      project,
    )
    expect(moved.code, JSON.stringify(moved.lines)).toBe(0)
  } finally {
    await rm(join(project.directory, 'syncs/pay.yaml'))
    project.file('syncs/stripe.yaml', 'source: stripe\nstreams:\n  customers: {}\n')
  }
})
