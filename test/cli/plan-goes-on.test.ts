/** `sync plan` of several syncs shows each that can be planned, as a run runs each that can run. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { edit, linesOf, millrace, newProject, serveSmallWorld, type Ended } from './command.ts'

let directory: string
let end: () => Promise<Ended>
beforeAll(async () => {
  directory = await newProject()
  end = await serveSmallWorld(directory)
}, 60_000)
afterAll(() => end())

test('one that cannot be planned hides no other', async () => {
  await millrace(directory, 'sync', 'run', 'stripe')
  edit(directory, 'syncs/stripe.yaml', (text) => text.replace('[email, phone]', '[email, phon]'))
  const { code, stdout, stderr } = await millrace(directory, 'sync', 'plan', '--detailed-exitcode')
  expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean phone?')])
  expect(stdout).toContain('customerio_people → customerio person')
  const lines = linesOf(await millrace(directory, 'sync', 'plan', '--json'))
  expect(lines.map(({ type }) => type)).toEqual(['plan', 'error', 'result'])
  expect(lines.at(-1)).toMatchObject({ exit_code: 2, changes: true })
}, 60_000)

test('what all of them have in common is told once', async () => {
  const broken = await newProject()
  const ended = await serveSmallWorld(broken)
  writeFileSync(join(broken, '.millrace/sandbox.duckdb'), 'no database of DuckDB')
  const { code, stderr } = await millrace(broken, 'sync', 'plan')
  await ended()
  expect([code, stderr.match(/MR-2001\]/g)]).toEqual([1, ['MR-2001]']])
}, 60_000)
