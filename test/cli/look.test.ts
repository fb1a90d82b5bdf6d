/** What only looks: it answers as before where the store cannot be asked, and calls nothing missing that it could not read. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { edit, millrace, newProject } from './command.ts'

test('schedule next computes the instants also where the pauses are in a Redis that this shell does not know', async () => {
  const project = await newProject()
  mkdirSync(join(project, '.millrace'), { recursive: true })
  writeFileSync(
    join(project, '.millrace/redis-sandbox.json'),
    '{"control_store":"redis","since":"2026-11-22T00:00:00.000Z"}\n',
  )
  const { code, stdout } = await millrace(project, 'schedule', 'next', 'nightly', '--count', '1')
  expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 2 })
})

test.each([
  [['runs', '--sync', 'stripe'], 'syncs/stripe.yaml', 'streams:', 'streamz:', 'there is no sync'],
  [['schedule', 'history', 'nightly'], 'schedules.yaml', 'cron:', 'crn:', 'there is no schedule'],
])('%j does not say of what it could not read that it is not there', async (args, file, from, to, said) => {
  const project = await newProject()
  edit(project, file, (text) => text.replace(from, to))
  const { code, stderr } = await millrace(project, ...args)
  expect(stderr).not.toContain(said)
  expect(code).toBe(0)
})
