/** `millrace logs` in processes of its own, beside the runs that it tells of. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linesOf, millrace, newProject, serveSmallWorld, startMillrace, until } from './command.ts'

const project = await newProject()
let endSandbox: Awaited<ReturnType<typeof serveSmallWorld>>

beforeAll(async () => {
  endSandbox = await serveSmallWorld(project)
})
afterAll(() => endSandbox())

describe('logs', () => {
  test('of a project that has not run yet says so', async () => {
    const { code, stdout, stderr } = await millrace(project, 'logs')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'There is no run yet.\n' })
  })

  test('tells what the newest run said, on stdout; of one sync where it is named', async () => {
    await millrace(project, 'sync', 'run', '--all')
    const newest = await millrace(project, 'logs')
    expect(newest).toMatchObject({ code: 0, stderr: '' })
    expect(newest.stdout).toMatch(/^ customerio_people {2}started run [\w-]+ on sandbox\n/)
    expect(newest.stdout).toMatch(/\n customerio_people {2}ok in [\d.]+ s\n$/)
    const named = await millrace(project, 'logs', '--sync', 'stripe')
    expect(named.stdout).toMatch(/^ stripe {2}started run/)
    expect(named.stdout).toMatch(/customers: \d+ rows committed, scan complete\n/)
    const id = /started run (\S+)/.exec(named.stdout)?.[1] ?? ''
    expect((await millrace(project, 'logs', id)).stdout).toBe(named.stdout)
    const lines = linesOf(await millrace(project, 'logs', id, '--json'))
    expect([lines[0]?.type, ...lines.slice(-2).map(({ type }) => type)]).toEqual([
      'run.started',
      'run.finished',
      'result',
    ])
  })

  test.each([
    [['nope'], /error\[MR-1002\] There is no run nope in the control store\.\n {2}Next: millrace runs/],
    [['--sync', 'strip'], /error\[MR-1002\] there is no sync `strip`\n {2}Did you mean `stripe`\?/],
    [['x', '--sync', 'stripe'], /error\[MR-1001\] .*an ID names one run/],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await millrace(project, 'logs', ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('logs -f', () => {
  test('tells a run while it is on, and ends with it', async () => {
    await millrace(project, 'sandbox', 'fault', 'stripe', 'delay', '--ms', '1000', '--times', 'always')
    const run = startMillrace(project, ['sync', 'run', 'stripe'])
    await until(() => run.said().includes('started run'))
    const id = /started run (\S+)/.exec(run.said())?.[1] ?? ''
    const log = startMillrace(project, ['logs', '-f', id])
    await until(() => log.said().includes('started run'))
    expect(log.said()).not.toContain('ok in')
    expect(run.child.exitCode).toBeNull()
    const [ended] = await Promise.all([log.ended, run.ended])
    await millrace(project, 'sandbox', 'fault', 'stripe', 'delay', '--off')
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/ stripe {2}ok in [\d.]+ s\n$/)
    expect((await millrace(project, 'logs', id)).stdout.split('\n').toSorted()).toEqual(
      ended.stdout.split('\n').toSorted(),
    )
  })

  test('says that a run died, and ends', async () => {
    const run = startMillrace(project, ['sync', 'run', 'stripe'], { MILLRACE_HOLD_AT: 'batch.staged' })
    await until(() => run.said().includes('started run'))
    const id = /started run (\S+)/.exec(run.said())?.[1] ?? ''
    const log = startMillrace(project, ['logs', '-f', id])
    await until(() => log.said().includes('started run'))
    run.child.kill('SIGKILL')
    const { code, stdout } = await log.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/ stripe {2}warning: its process \(pid \d+ on .+\) is gone: it ended without a word\./)
    const lines = linesOf(await millrace(project, 'logs', id, '--json'))
    expect(lines.at(-2)).toMatchObject({ type: 'run.died', run_id: id })
  })

  test('without an id goes on with the runs that begin, until Ctrl-C, which is its ordinary end', async () => {
    const log = startMillrace(project, ['logs', '-f', '--sync', 'customerio_people'])
    await until(() => log.said().includes('ok in'))
    await millrace(project, 'sync', 'run', 'stripe')
    await millrace(project, 'sync', 'run', 'customerio_people')
    await until(() => log.said().match(/customerio_people {2}ok in/g)?.length === 2)
    log.child.kill('SIGINT')
    const { code, stdout, stderr } = await log.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toContain(' stripe ')
  })
})
