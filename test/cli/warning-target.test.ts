/** A warning that names a command names the target that the reader is at, as errors do: the same words would run on the default one. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { millrace, newProject, serveSmallWorld, type Ended } from './command.ts'

let directory: string
let end: () => Promise<Ended>
const change = (file: string, from: string, to: string) =>
  writeFileSync(join(directory, file), readFileSync(join(directory, file), 'utf8').replace(from, to))

beforeAll(async () => {
  directory = await newProject()
  change('millrace.yaml', '  dev:', '  two: { sandbox: true }\n  dev:')
  change('syncs/stripe.yaml', 'customers: {}', 'customers: { exclude: [name] }')
  end = await serveSmallWorld(directory)
  const { code, stderr } = await millrace(directory, 'sync', 'run', 'stripe', '--target', 'two')
  expect([code, stderr]).toEqual([0, expect.any(String)])
  change('syncs/stripe.yaml', 'customers: { exclude: [name] }', 'customers: {}')
}, 60_000)
afterAll(() => end())

test('in a plan', async () => {
  const { stdout } = await millrace(directory, 'sync', 'plan', 'stripe', '--target', 'two')
  expect(stdout).toContain('--column name')
  expect(stdout).toContain('millrace --target two backfill stripe --stream customers --column name')
})

test('in a run', async () => {
  const { stderr } = await millrace(directory, 'sync', 'run', 'stripe', '--target', 'two')
  expect(stderr).toContain('--column name')
  expect(stderr).toContain('millrace --target two backfill stripe --stream customers --column name')
})
