/** `run show` on a Snowflake target: what the run cost, by the real program, and that it answers where that cannot be had. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnowflakeProject, type SnowflakeProject } from '../faults/snowflake-project.ts'
import { millrace, resultOf } from '../faults/millrace-process.ts'
import { linesOf, millrace as millraceIn, newProject, startMillrace } from './command.ts'

let project: SnowflakeProject
let runId: string

beforeAll(async () => {
  project = await makeSnowflakeProject()
  const finished = await millrace(['sync', 'run', 'stripe'], project)
  expect(resultOf(finished).exit_code, JSON.stringify(finished)).toBe(0)
  runId = String(Object.entries(resultOf(finished).runs[0] ?? {}).find(([key]) => key === 'run_id')?.[1])
}, 120_000)
afterAll(() => project.close())

const show = (more: readonly string[] = [], env: { readonly [name: string]: string } = {}) =>
  millrace(['run', 'show', runId, ...more], { directory: project.directory, env: { ...project.env, ...env } })

test('the cost is every statement that carries the run’s tag, which says what it was for', async () => {
  const own = project.snowflake.journal().filter(({ queryTag }) => queryTag.includes(`"run":"${runId}"`))
  const tags = own.map(({ queryTag }): { readonly [key: string]: string } => JSON.parse(queryTag))
  expect(own.length).toBeGreaterThan(10)
  expect(tags[0]).toMatchObject({ tool: 'millrace', run: runId, project: 'faults' })
  const { code, lines } = await show()
  expect(code).toBe(0)
  const [line] = lines
  const cost = JSON.parse(JSON.stringify(line?.['cost']))
  expect(cost).toMatchObject({
    statements: own.length,
    execution_seconds: expect.any(Number),
    bytes_scanned: own.reduce((sum, entry) => sum + bytesOf(entry), 0),
    cloud_services_credits: expect.any(Number),
    compute_credits: null,
    notes: [expect.stringContaining('USAGE_VIEWER')],
  })
  const purposes = new Set(tags.map(({ purpose }) => purpose))
  expect(new Set(cost.by_purpose.map((part: { readonly purpose: string }) => part.purpose))).toEqual(purposes)
  expect(purposes).toContain('commit customers')
})

test('--no-cost asks nothing of the warehouse', async () => {
  const before = project.snowflake.journal().length
  const { code, lines } = await show(['--no-cost'])
  expect(code).toBe(0)
  expect(lines[0]).not.toHaveProperty('cost')
  expect(project.snowflake.journal()).toHaveLength(before)
})

test('a warehouse that is not there, or does not let it in, is a line and no error', async () => {
  const began = performance.now()
  const away = await show([], { SN_URL: 'http://127.0.0.1:9' })
  expect(performance.now() - began).toBeLessThan(30_000)
  const refused = await show([], { SN_USER: 'NOBODY' })
  for (const [{ code, lines }, says] of [
    [away, /no answer within 15 s/],
    [refused, /key pair/],
  ] as const) {
    expect(code).toBe(0)
    expect(lines[0]).toMatchObject({
      type: 'run',
      run_id: runId,
      status: 'ok',
      cost: { statements: null, by_purpose: [] },
    })
    expect(JSON.stringify(lines[0]?.['cost'])).toMatch(says)
  }
})

test('as text it is a line, a table and what is not known; without the target’s secrets it says which is missing', async () => {
  const args = ['run', 'show', runId]
  const { stdout } = await startMillrace(project.directory, args, project.env).ended
  expect(stdout).toMatch(
    /^ {3}in the warehouse: \d+ statements, [\d.]+ s of execution, [\d.]+ (bytes|kB) scanned, credits: not known of compute, 0\.\d+ of cloud services\n for +statements +time +scanned +credits\n/m,
  )
  expect(stdout).toMatch(/^ commit customers +\d+ +[\d.]+ s +[\d.]+ (bytes|kB) +–$/m)
  expect(stdout).toMatch(/^ {3}credits of compute: the role may not see them; .*USAGE_VIEWER/m)
  const blind = await startMillrace(project.directory, args).ended
  expect(blind).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {3}cost: not known\. .*SN_/m) })
})

test('on a DuckDB target nothing is asked, and nothing said', async () => {
  const directory = await newProject()
  await millraceIn(directory, 'sync', 'run', 'stripe')
  const run = linesOf(await millraceIn(directory, 'runs', '--json'))[0]
  const { code, stdout } = await millraceIn(directory, 'run', 'show', String(run?.['run_id']), '--json')
  expect(code).toBe(0)
  expect(stdout).not.toContain('"cost"')
}, 60_000)

const bytesOf = (entry: object): number =>
  Number(Object.entries(entry).find(([key]) => key === 'bytesScanned')?.[1] ?? 0)
