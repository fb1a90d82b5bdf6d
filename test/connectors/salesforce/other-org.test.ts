/** An org and its copy have the same records by the same Ids: a table holds those of one. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'
import { makeSalesforceProject } from '../../faults/salesforce-project.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeSalesforceProject('orgs', {
    'syncs/crm.yaml': 'source: salesforce\nstreams: { Account: {} }\n',
  })
}, 60_000)
afterAll(() => project.close())

const run = async (...more: readonly string[]) =>
  resultOf(await millrace(['sync', 'run', 'crm', ...more], project)).runs[0]
const tokens = async () =>
  (await project.sandbox.journal('salesforce')).filter(({ path }) => path.startsWith('/services/oauth2/token')).length

it('rows of another org are refused by run and plan, and the token says of which they are without a request more', async () => {
  expect((await run())?.status).toBe('ok')
  expect(await tokens()).toBe(1)
  const [known] = await project.rows(`SELECT marks -> 'asked' ->> 'account' AS org FROM _millrace.cursors`)
  expect(known?.['org']).toMatch(/^00D\w{15}$/)
  const other = '00D000000000666AAA'
  await project.write(`UPDATE _millrace.cursors SET marks = replace(marks::VARCHAR, '${known?.['org']}', '${other}')`)
  for (const more of [[], ['--full-refresh']])
    expect((await run(...more))?.error).toMatchObject({
      code: 'MR-2201',
      message: expect.stringContaining(`are of the account ${other}, and what comes now is of ${known?.['org']}`),
    })
  const planned = await millrace(['sync', 'plan', 'crm'], project)
  expect(planned.code).not.toBe(0)
  expect(JSON.stringify(planned.lines)).toContain('MR-2201')
  await project.write('DROP TABLE crm."account"')
  expect((await run())?.status).toBe('ok')
}, 120_000)

it('the sandbox is the same org after a reset', async () => {
  expect((await run())?.status).toBe('ok')
  expect((await millrace(['sandbox', 'reset', '--seed', '7'], project)).code).toBe(0)
  expect((await run('--full-refresh', '--max-shrink', '100%'))?.status).toBe('ok')
}, 120_000)
