/** What a plan says of requests, held against those that the vendor then gets. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFaultProject, type FaultProject } from '../faults/fault-project.ts'
import { startMillrace } from '../cli/command.ts'
import { millrace } from '../faults/millrace-process.ts'
import { salesforceKeys, sandboxYaml } from '../faults/sandbox-yaml.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['salesforce'],
    scale: 0.02,
    files: {
      'millrace.yaml': sandboxYaml('asked', { salesforce: salesforceKeys }),
      'syncs/accounts.yaml': 'source: salesforce\nschema: sf\nstreams: { Account: {} }\n',
      'syncs/more.yaml':
        'source: salesforce\nschema: more\nstreams: { Account: {}, Contact: {}, Lead: {}, Opportunity: {}, User: {} }\n',
    },
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
