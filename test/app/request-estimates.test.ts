/** What a plan says of requests, held against those that the vendor then gets. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FaultProject } from '../faults/fault-project.ts'
import { startMillrace } from '../cli/command.ts'
import { millrace } from '../faults/millrace-process.ts'
import { makeSalesforceProject } from '../faults/salesforce-project.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeSalesforceProject('asked', {
    'syncs/accounts.yaml': 'source: salesforce\nschema: sf\nstreams: { Account: {} }\n',
    'syncs/more.yaml':
      'source: salesforce\nschema: more\nstreams: { Account: {}, Contact: {}, Lead: {}, Opportunity: {}, User: {} }\n',
    'syncs/both.yaml': 'source: salesforce\nschema: both\nstreams: { User: {}, Account: { field_history: true } }\n',
  })
}, 60_000)

afterAll(() => project.close())

const requestsOf = async (...args: readonly string[]) => {
  const before = (await project.sandbox.journal('salesforce')).length
  expect((await millrace(args, project)).code).toBe(0)
  return (await project.sandbox.journal('salesforce')).length - before
}
const said = async (...args: readonly string[]) =>
  Number(/about ([\d,]+) requests/.exec((await startMillrace(project.directory, args).ended).stdout)?.[1])

test('a plan counts signing in, the description and the count beside the pages', async () => {
  const estimated = await said('sync', 'plan', 'accounts')
  expect(await requestsOf('sync', 'run', 'accounts')).toBe(estimated)
})

test.each(['accounts', 'more'])(
  'a backfill counts them for the run of each part, and no description of another stream: %s',
  async (sync) => {
    const parts = [
      'backfill',
      sync,
      '--stream',
      'Account',
      '--from',
      '2026-05-01',
      '--to',
      '2026-11-01',
      '--step',
      '1mo',
    ]
    const estimated = await said(...parts, '--dry-run')
    expect(estimated).toBeGreaterThan(6 * 3)
    expect(await requestsOf(...parts)).toBe(estimated)
  },
)

test('a backfill of several streams counts for each part what its own stream asks for, in --json as in the text', async () => {
  const range = ['--from', '2026-05-01', '--to', '2026-11-01', '--step', '1mo']
  const parts = ['backfill', 'both', '--stream', 'User', '--stream', 'AccountHistory', ...range]
  const estimated = await said(...parts, '--dry-run')
  const { stdout } = await startMillrace(project.directory, [...parts, '--dry-run', '--json']).ended
  const lines: readonly Requests[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const partitions = lines.filter(({ type }) => type === 'partition')
  const result = lines.at(-1)
  expect(new Set(partitions.map((partition) => `${partition.stream} ${partition.requests_besides}`)).size).toBe(2)
  expect(new Set(partitions.map((partition) => partition.requests_besides)).size).toBe(2)
  expect(partitions.reduce((sum, partition) => sum + partition.requests_besides, 0)).toBe(result?.requests_besides)
  expect(partitions.reduce((sum, partition) => sum + partition.requests_estimate, 0)).toBe(result?.requests_estimate)
  expect(await requestsOf(...parts)).toBe(estimated)
  expect((result?.requests_to_plan ?? 0) + (result?.requests_besides ?? 0) + (result?.requests_estimate ?? 0)).toBe(
    estimated,
  )
}, 120_000)

type Requests = {
  readonly type: string
  readonly stream: string
  readonly requests_to_plan: number
  readonly requests_besides: number
  readonly requests_estimate: number
}
