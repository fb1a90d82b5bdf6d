/** A sandbox that cannot be started: each run has said so, and the command says what became of its runs. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { linesOf, millrace, newProject } from './command.ts'

const project = await newProject()
afterAll(() => rmSync(project, { recursive: true, force: true }))

test('the runs of a command whose sandbox cannot be started are told with it', async () => {
  mkdirSync(join(project, '.millrace/sandbox/world.sqlite'), { recursive: true })
  const ended = await millrace(project, 'sync', 'run', 'stripe', '--json')
  expect(ended.code).toBe(1)
  expect(linesOf(ended).at(-1)).toMatchObject({
    type: 'result',
    exit_code: 1,
    runs: [{ sync: 'stripe', status: 'failed', error: { code: 'MR-6001' } }],
  })
})
