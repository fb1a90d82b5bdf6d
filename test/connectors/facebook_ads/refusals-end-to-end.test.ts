/** The real program, a warehouse and the simulator: what is refused for a while is not lost, and not emptied. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'
import { facebookKeys, sandboxYaml } from '../../faults/sandbox-yaml.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['facebook_ads'],
    scale: 0.02,
    files: {
      'millrace.yaml': sandboxYaml('facebook', { facebook_ads: facebookKeys }),
      'syncs/facebook.yaml': 'source: facebook_ads\nstreams: { account_insights: {}, campaigns: {} }\n',
      // The oracle: everything read anew.
      'syncs/fresh.yaml': 'source: facebook_ads\nschema: fresh\nstreams: { account_insights: {}, campaigns: {} }\n',
      'syncs/few.yaml': 'source: facebook_ads\nschema: few\nstreams: { campaign_insights: { include: [actions] } }\n',
    },
  })
})
afterAll(() => project.close())

const run = (sync: string, ...more: readonly string[]) => millrace(['sync', 'run', sync, ...more], project)
const runWell = async (sync: string, ...more: readonly string[]) => {
  const done = await run(sync, ...more)
  expect(done.code, done.stderr).toBe(0)
}
const errorOf = async (sync: string) => resultOf(await run(sync)).runs[0]
const days = (schema: string) =>
  project.rows(`SELECT account_id, date_start, spend, impressions FROM ${schema}.account_insights ORDER BY ALL`)
const expectWhole = async () => {
  await runWell('fresh', '--full-refresh')
  expect(await days('facebook')).toEqual(await days('fresh'))
}
const fault = (name: string, spec: { readonly [key: string]: string } | null) =>
  project.sandbox.setFault('facebook_ads', name, spec && { times: 'always', ...spec })

describe('days of reports', () => {
  it('that no account let be read for longer than the window are read once they may be', async () => {
    await runWell('facebook')
    await fault('forbidden_account', {})
    await project.sandbox.move(36)
    expect(await errorOf('facebook')).toMatchObject({ status: 'failed', error: { code: 'MR-3004' } })
    await fault('forbidden_account', null)
    await runWell('facebook')
    await expectWhole()
  })

  it('that one account did not let be read are, too, while those of the other came with every run', async () => {
    const [{ id = '' } = {}] = await project.sandbox.show('facebook_ads', 'ad_accounts')
    await fault('forbidden_account', { account: String(id) })
    for (const move of [20, 20]) {
      await project.sandbox.move(move)
      expect((await errorOf('facebook'))?.error?.message).toContain(String(id))
      const [latest] = await project.rows('SELECT max(date_start) AS day FROM facebook.account_insights')
      expect(latest?.['day']).toBe((await project.sandbox.now()).toISOString().slice(0, 10))
    }
    await fault('forbidden_account', null)
    await runWell('facebook')
    await runWell('facebook')
    await expectWhole()
  })
})

describe('a field that cannot be had any more', () => {
  it.each([
    ['account_insights', 'spend'],
    ['campaigns', 'name'],
  ])('leaves what %s has of %s as it is, and so does the sync without it', async (stream, field) => {
    const filled = () => project.rows(`SELECT count(${field}) AS n FROM facebook.${stream}`)
    const before = await filled()
    await fault('dead_field', { field })
    expect((await errorOf('facebook'))?.error).toMatchObject({ code: 'MR-3004' })
    expect(await filled()).toEqual(before)
    const undo = project.edit('syncs/facebook.yaml', (yaml) =>
      yaml.replace(`${stream}: {}`, `${stream}: { exclude: [${field}] }`),
    )
    await runWell('facebook')
    expect(await filled()).toEqual(before)
    await fault('dead_field', null)
    undo()
  })
})

it('a sync of a few fields has the account that its days are replaced by', async () => {
  await runWell('few')
  await runWell('few')
  const [row] = await project.rows(
    'SELECT count(*) AS n, count(account_id) AS of, count(actions) AS actions FROM few.campaign_insights',
  )
  expect(Number(row?.['n'])).toBeGreaterThan(100)
  expect(row?.['of']).toBe(row?.['n'])
  expect(Number(row?.['actions'])).toBeGreaterThan(100)
})
