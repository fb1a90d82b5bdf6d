import type { JsonObject } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { killAt, millrace, resultOf } from '../../faults/millrace-process.ts'
import { facebookKeys, sandboxYaml } from '../../faults/sandbox-yaml.ts'

const tables = [
  'ad_accounts',
  'campaigns',
  'ads',
  'custom_audiences',
  'account_insights',
  'campaign_insights_by_country',
]

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['facebook_ads'],
    scale: 0.02,
    files: {
      'millrace.yaml': sandboxYaml('facebook', { facebook_ads: facebookKeys }),
      'syncs/facebook.yaml': syncYaml(''),
      // The oracle: everything read anew, at the end.
      'syncs/fresh.yaml': syncYaml('schema: fresh'),
      'syncs/owned.yaml': 'source: facebook_ads\nschema: owned\nstreams: { ad_accounts: {} }\n',
      'syncs/narrowed.yaml': 'source: facebook_ads\nschema: narrowed\nstreams:\n  account_insights: {}\n',
      'syncs/started.yaml': `
source: facebook_ads
schema: started
start: 2024-01-01
streams: { campaigns: {}, account_insights: {} }
`,
    },
  })
})
afterAll(() => project.close())

const run = (sync: string, ...more: readonly string[]) => millrace(['sync', 'run', sync, ...more], project)
const ownRows = "SELECT COLUMNS(c -> c NOT IN ('_synced_at', '_read_at', '_version', '_run_id', '_deleted_at'))"
const rowsOf = async (schema: string, table: string) =>
  await project.rows(`${ownRows} FROM ${schema}.${table} WHERE _deleted_at IS NULL ORDER BY ALL`)

describe('Facebook Ads, by the real program', () => {
  it('killed while reports are read: the next run goes on where the last commit was, and nothing is lost or twice', async () => {
    await killAt('cursor.committed:campaign_insights_by_country:2', ['sync', 'run', 'facebook'], project)
    const seen = (await project.sandbox.journal('facebook_ads')).at(-1)?.sequence ?? 0
    const next = await run('facebook')
    expect(next.code, next.stderr).toBe(0)
    const first = (await project.sandbox.journal('facebook_ads', { since: seen })).find(({ body }) =>
      body?.includes('"country"'),
    )
    // Not from the account's first day.
    expect(first?.body).not.toContain('"since":"2026-09-06"')
    const fresh = await run('fresh')
    expect(fresh.code, fresh.stderr).toBe(0)
    for (const table of tables) expect(await rowsOf('facebook', table), table).toEqual(await rowsOf('fresh', table))
    expect((await rowsOf('facebook', 'campaign_insights_by_country')).length).toBeGreaterThan(1_000)
  })

  it('with numbers that are restated for 28 days: the tables are what the vendor says, three days later', async () => {
    const before = await rowsOf('facebook', 'account_insights')
    await project.sandbox.move(3)
    const next = await run('facebook')
    expect(next.code, next.stderr).toBe(0)
    const ledger = resultOf(next).runs[0]?.ledger
    expect(Number(ledger?.['updated'])).toBeGreaterThan(50)
    const fresh = await run('fresh', '--full-refresh')
    expect(fresh.code, fresh.stderr).toBe(0)
    for (const table of tables) expect(await rowsOf('facebook', table), table).toEqual(await rowsOf('fresh', table))
    const days = new Map(before.map((row) => [`${row['account_id']} ${row['date_start']}`, row['actions']]))
    const restated = (await rowsOf('facebook', 'account_insights')).filter((row) => {
      const old = days.get(`${row['account_id']} ${row['date_start']}`)
      return old !== undefined && old !== row['actions']
    })
    expect(restated.length).toBeGreaterThan(20)
    const corrected = await project.rows(
      `SELECT totals FROM _millrace.restatements WHERE sync = 'facebook' AND stream = 'account_insights'`,
    )
    // The day that was not over; what Facebook attributes later stands in lists, which have no sum.
    expect(corrected.some(({ totals }) => /"impressions":\["\d+","\d+"\]/.test(totals ?? ''))).toBe(true)
    // The audience that is gone: the vendor tells of none, but every scan lists all.
    expect(
      await project.rows('SELECT count(*) AS gone FROM facebook.custom_audiences WHERE _deleted_at IS NOT NULL'),
    ).toEqual([{ gone: '1' }])
  })

  it('with what is deleted, which is in no list: its row is marked, and its days of reports stay', async () => {
    const isDeleted = (row: JsonObject) => row['effective_status'] === 'DELETED'
    const gone = (await project.sandbox.show('facebook_ads', 'campaigns')).filter(isDeleted).map(({ id }) => String(id))
    const stored = await project.rows(
      'SELECT id, effective_status, _deleted_at IS NOT NULL AS gone FROM facebook.campaigns',
    )
    const marked = stored.filter((row) => row['gone'] === 'true')
    // It was there with the first run, in the state that it had then.
    expect(marked.length).toBeGreaterThan(0)
    expect(marked.filter((row) => !gone.includes(String(row['id'])) || row['effective_status'] === 'DELETED')).toEqual(
      [],
    )
    expect(stored.filter((row) => gone.includes(String(row['id'])) && row['gone'] !== 'true')).toEqual([])
    const days = await project.rows(
      `SELECT count(DISTINCT campaign_id) AS campaigns FROM facebook.campaign_insights_by_country
       WHERE _deleted_at IS NULL AND campaign_id IN (${gone.map((id) => `'${id}'`).join(', ')})`,
    )
    expect(days).toEqual([{ campaigns: String(gone.length) }])
  })

  it('with a start, of which its lists know nothing: what is deleted is marked all the same', async () => {
    const first = await run('started')
    expect(first.code, first.stderr).toBe(0)
    await project.sandbox.move(9)
    const next = await run('started')
    expect(next.code, next.stderr).toBe(0)
    const isDeleted = (row: JsonObject) => row['effective_status'] === 'DELETED'
    const gone = (await project.sandbox.show('facebook_ads', 'campaigns')).filter(isDeleted).map(({ id }) => String(id))
    const stored = await project.rows('SELECT id, _deleted_at IS NOT NULL AS gone FROM started.campaigns')
    const stale = stored.filter((row) => (row['gone'] === 'true') !== gone.includes(String(row['id'])))
    expect(stale).toEqual([])
    expect(stored.some((row) => row['gone'] === 'true')).toBe(true)
  })

  it('with fewer metrics in its options: those that are not asked for stay, and one that comes back is told of', async () => {
    const metrics = async () =>
      await project.rows(
        'SELECT count(*) AS days, count(clicks) AS clicked, sum(clicks) AS clicks FROM narrowed.account_insights',
      )
    const narrowed = (fields: string) => {
      project.edit('syncs/narrowed.yaml', (text) => text.replace(/account_insights: .*/, `account_insights: ${fields}`))
      return run('narrowed')
    }
    const whole = await narrowed('{}')
    expect(whole.code, whole.stderr).toBe(0)
    const before = await metrics()
    const fewer = await narrowed('{ options: { fields: [impressions, spend] } }')
    expect(fewer.code, fewer.stderr).toBe(0)
    expect(await metrics()).toEqual(before)
    expect(before[0]?.['clicked']).toBe(before[0]?.['days'])
    const more = await narrowed('{ options: { fields: [impressions, spend, clicks] } }')
    expect(JSON.stringify(more.lines)).toContain('rows that were loaded before have no clicks')
  })

  it('accounts are read whole by every run: of a field that comes back nothing is told, and nothing is missing', async () => {
    const given = (fields: string) => {
      project.edit('syncs/owned.yaml', (text) => text.replace(/ad_accounts: .*/, `ad_accounts: ${fields} }`))
      return run('owned')
    }
    expect((await given('{ exclude: [name] }')).code).toBe(0)
    const whole = await given('{}')
    expect(whole.code, whole.stderr).toBe(0)
    expect(JSON.stringify(whole.lines)).not.toContain('loaded before')
    expect(
      await project.rows('SELECT count(*) > 0 AS some, count(name) = count(*) AS named FROM owned.ad_accounts'),
    ).toEqual([{ some: 'true', named: 'true' }])
  })

  it('writes no token and no link anywhere: not into the cursor, the ledger, the output', async () => {
    const done = await run('facebook')
    const kept = await project.rows('SELECT * FROM _millrace.cursors')
    const runs = await project.rows('SELECT * FROM _millrace.runs')
    expect(JSON.stringify([done, kept, runs])).not.toMatch(/EAAsandbox|access_token=|appsecret_proof/)
    expect(kept.length).toBeGreaterThanOrEqual(tables.length)
  })

  it('decimals, days and instants are typed as declared', async () => {
    const [row] = await project.rows(
      `SELECT typeof(spend) AS spend, typeof(impressions) AS impressions, typeof(date_start) AS date_start, typeof(actions) AS actions
       FROM facebook.account_insights LIMIT 1`,
    )
    expect(row).toEqual({ spend: 'DECIMAL(38,6)', impressions: 'BIGINT', date_start: 'DATE', actions: 'JSON' })
    const [campaign] = await project.rows(
      'SELECT typeof(created_time) AS created_time, typeof(budget_remaining) AS budget FROM facebook.campaigns LIMIT 1',
    )
    expect(campaign?.['created_time']).toMatch(/^TIMESTAMP/)
    expect(campaign?.['budget']).toBe('BIGINT')
  })
})

const syncYaml = (more: string) => `
source: facebook_ads
${more}
streams:
${tables.map((table) => `  ${table}: ${table === 'account_insights' ? '{ restate: { window: 28d } }' : '{}'}`).join('\n')}
`
