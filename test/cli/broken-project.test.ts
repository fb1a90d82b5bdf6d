/** Somebody is half way through a change of the YAML; what runs has to be looked at and stopped all the same. */
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { millrace, newProject, serveSmallWorld } from './command.ts'

const project = await newProject()
let endSandbox: Awaited<ReturnType<typeof serveSmallWorld>>

beforeAll(async () => {
  endSandbox = await serveSmallWorld(project)
  await millrace(project, 'sync', 'run', 'stripe')
  await writeFile(join(project, 'syncs', 'stripe.yaml'), 'sauce: stripe\n')
})
afterAll(() => endSandbox())

const mistakes =
  /^The project has 1 mistake \(syncs\/stripe\.yaml:1\), which this does not need\.\nSee: millrace sync validate\n/

describe('with a sync that cannot be read', () => {
  test('`runs` and `logs` tell of what ran before, and that there are mistakes', async () => {
    const runs = await millrace(project, 'runs')
    expect(runs).toMatchObject({ code: 0, stdout: expect.stringMatching(/ stripe +sandbox +ok /) })
    expect(runs.stderr).toMatch(mistakes)
    const id = /\n (\S+)/.exec(runs.stdout)?.[1] ?? ''
    for (const args of [['run', 'show', id], ['logs'], ['logs', '--sync', 'stripe']])
      expect(await millrace(project, ...args)).toMatchObject({ code: 0, stderr: expect.stringMatching(mistakes) })
    const cancelled = await millrace(project, 'run', 'cancel', id)
    expect(cancelled.stderr.replace(mistakes, '')).toBe(`${id} (stripe) is over: ok. Nothing was done.\n`)
  })

  test('a schedule can be paused and goes on; it cannot be triggered, since the daemon would run what is right only', async () => {
    expect(await millrace(project, 'schedule', 'pause', 'nightly')).toMatchObject({ code: 0 })
    const resumed = await millrace(project, 'schedule', 'resume', 'nightly')
    expect(resumed.stderr).toMatch(/nightly goes on\. It was paused by /)
    expect(await millrace(project, 'schedule', 'trigger', 'nightly')).toMatchObject({ code: 2 })
  })

  test('connections are tested, and tell what they have', async () => {
    for (const args of [
      ['test', 'stripe'],
      ['discover', 'stripe', 'charges'],
    ])
      expect(await millrace(project, 'connection', ...args)).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(mistakes),
      })
  })

  test('the sandbox is kept running, goes on by a day, shows what it holds and can be broken on purpose', async () => {
    for (const words of [['move'], ['show', 'stripe', 'prices'], ['journal', 'stripe'], ['fault', 'stripe']])
      expect(await millrace(project, 'sandbox', ...words)).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(mistakes),
      })
    await endSandbox()
    endSandbox = await serveSmallWorld(project)
  })

  test('nothing is run', async () => {
    expect(await millrace(project, 'sync', 'run', 'customerio_people')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error[MR-1202] syncs/stripe.yaml'),
    })
  })

  test('with a wrong millrace.yaml they refuse: nobody knows which warehouse is meant', async () => {
    await appendFile(join(project, 'millrace.yaml'), '\nprojekt: x\n')
    const { code, stderr } = await millrace(project, 'runs')
    expect(code).toBe(2)
    expect(stderr).toContain('unknown key `projekt`')
  })
})
