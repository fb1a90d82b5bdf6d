import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['google_ads'],
    scale: 0.02,
    files: {
      'millrace.yaml': millraceYaml,
      'syncs/google.yaml': syncYaml(''),
      // The oracle: everything read anew, at the end.
      'syncs/fresh.yaml': syncYaml('schema: fresh'),
      'syncs/asked.yaml': askedYaml,
      'syncs/unmade.yaml': 'source: google_ads\nschema: unmade\nstreams: { campaign: {} }\n',
      'syncs/long.yaml': 'source: google_ads\nschema: long\nstart: 2020-01-01\nstreams: { campaign_performance: {} }\n',
      'syncs/clicks.yaml': 'source: google_ads\nschema: clicks\nstreams: { click_view: {} }\n',
    },
  })
})
afterAll(() => project.close())

const run = (sync: string, ...more: readonly string[]) => millrace(['sync', 'run', sync, ...more], project)
const ownRows = "SELECT COLUMNS(c -> c NOT IN ('_synced_at', '_read_at', '_version', '_run_id', '_deleted_at'))"
const rowsOf = (schema: string, table: string) => project.rows(`${ownRows} FROM ${schema}.${table} ORDER BY ALL`)

describe('Google Ads, by the real program', () => {
  it('a stream whose query stands in the sync has typed columns, and so many rows as any other', async () => {
    const first = await run('google')
    expect(first.code, JSON.stringify(first.lines.at(-1))).toBe(0)
    const [row] = await project.rows(
      'SELECT typeof(metrics_cost_micros) AS micros, typeof(metrics_cost_decimal) AS decimal, typeof(segments_date) AS day FROM google.search_terms LIMIT 1',
    )
    expect(row).toEqual({ micros: 'BIGINT', decimal: 'DECIMAL(38,6)', day: 'DATE' })
  })

  it('a query that stands in the options of gaql loads, and loads again, though its rows have nothing to add up', async () => {
    for (const _time of ['first', 'again']) {
      const done = await run('asked')
      expect(done.code, JSON.stringify(done.lines.at(-1))).toBe(0)
    }
    const [loaded] = await project.rows(
      `SELECT count(*) > 5 AS many, count("row" ->> 'metrics.clicks') = count(*) AS counted FROM asked.gaql`,
    )
    expect(loaded).toEqual({ many: 'true', counted: 'true' })
  })

  it('gaql without a query is told by the plan, and once it has one, which days are not there', async () => {
    const write = (options: string) =>
      writeFileSync(
        join(project.directory, 'syncs/late.yaml'),
        `source: google_ads\nschema: late\nstreams: { gaql: ${options} }\n`,
      )
    const plan = async () => {
      const { code, lines } = await millrace(['sync', 'plan', 'late'], project)
      expect(code, JSON.stringify(lines.at(-1))).toBe(0)
      return JSON.stringify(lines)
    }
    write('{}')
    expect(await plan()).toMatch(/gaql: no query is given, so nothing is read/)
    expect((await run('late')).code).toBe(0)
    write('{ options: { query: "SELECT campaign.name, metrics.clicks FROM campaign" } }')
    const planned = await plan()
    expect(planned).not.toContain('no query')
    expect(planned).toMatch(/another {2}query {2}stay, and older ones of the new one are not there.*--full-refresh/)
    // That none of them brought a row, the cursor does not say: days that are out of reach might have some.
    expect(JSON.stringify((await run('late', '--full-refresh')).lines)).toMatch(
      /loaded by another {2}query , and that the source does not show now, stay/,
    )
    const [loaded] = await project.rows('SELECT count(DISTINCT segments_date) > 40 AS days FROM late.gaql')
    expect(loaded).toEqual({ days: 'true' })
  })

  it('lists are read whole by every run: nothing is told of what a changed option leaves behind, and nothing is', async () => {
    const write = (ad_group: string, campaign: string) =>
      writeFileSync(
        join(project.directory, 'syncs/lists.yaml'),
        `source: google_ads\nschema: lists\nstreams: { ad_group: ${ad_group}, campaign: ${campaign} }\n`,
      )
    write('{ exclude: [ad_group.name] }', `{ where: "campaign.status = 'PAUSED'" }`)
    expect((await run('lists')).code).toBe(0)
    write('{}', '{}')
    const planned = await millrace(['sync', 'plan', 'lists'], project)
    const lines = planned.lines.flatMap((line) => (line.type === 'plan' ? [line] : []))
    expect(JSON.stringify(lines)).toContain('"full":true')
    expect(JSON.stringify(lines)).not.toMatch(/"full":false|loaded before|loaded by another/)
    const second = await run('lists')
    expect(second.code, JSON.stringify(second.lines.at(-1))).toBe(0)
    expect(JSON.stringify(second.lines)).not.toMatch(/loaded before|loaded by another/)
    const [unnamed] = await project.rows(
      'SELECT count(*) FILTER (ad_group_name IS NULL) AS n, count(*) > 2 AS many FROM lists.ad_group',
    )
    expect(unnamed).toEqual({ n: '0', many: 'true' })
  })

  it('a narrower where and a new mask on a list are told of what stays as it was; a table that was dropped is loaded by both', async () => {
    const write = (campaign: string) =>
      writeFileSync(
        join(project.directory, 'syncs/narrow.yaml'),
        `source: google_ads\nschema: narrow\nstreams: { campaign: ${campaign} }\n`,
      )
    write('{}')
    expect((await run('narrow')).code).toBe(0)
    const [first] = await project.rows('SELECT min(campaign_id) AS id FROM narrow.campaign')
    write(`{ where: "campaign.id = ${first?.['id']}", mask: { campaign.name: redact } }`)
    const stays =
      /campaign\.name of rows that the source does not show now stand in the table unmasked.*by another {2}where .*stay\. No run reads these again.*drop table narrow\.campaign/
    expect(JSON.stringify((await millrace(['sync', 'plan', 'narrow'], project)).lines)).toMatch(stays)
    expect(JSON.stringify((await run('narrow')).lines)).toMatch(stays)
    const standing = `SELECT campaign_name = '***' AS masked, campaign_id = ${first?.['id']} AS shown, count(*) > 0 AS are FROM narrow.campaign GROUP BY 1, 2 ORDER BY 1`
    expect(await project.rows(standing)).toEqual([
      { masked: 'false', shown: 'false', are: 'true' },
      { masked: 'true', shown: 'true', are: 'true' },
    ])
    expect(JSON.stringify((await run('narrow')).lines)).not.toContain('its options have changed')
    await project.rows('DROP TABLE narrow.campaign')
    expect((await run('narrow')).code).toBe(0)
    expect(await project.rows(standing)).toEqual([{ masked: 'true', shown: 'true', are: 'true' }])
  })

  it('a backfill of clicks loads the days that the vendor still has, and says from which on', async () => {
    const range = ['--from', '2026-07-01', '--to', '2026-11-01', '--step', '1mo']
    const done = await millrace(['backfill', 'clicks', '--stream', 'click_view', ...range], project)
    expect(done.code, JSON.stringify(done.lines.at(-1))).toBe(0)
    expect(resultOf(done).runs.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(JSON.stringify(done.lines)).toMatch(/gives 90 days of it; nothing before 2026-08-\d\d can be read/)
  })

  it('a run whose start lies before the days that the vendor gives loads those that it gives, and what is stored of earlier ones stays', async () => {
    const first = await run('long')
    expect(first.code, JSON.stringify(first.lines.at(-1))).toBe(0)
    expect(JSON.stringify(first.lines)).toMatch(/gives 1110 days of it; nothing before 2023-11-\d\d can be read/)
    expect(await rowsOf('long', 'campaign_performance')).toHaveLength(
      (await project.sandbox.show('google_ads', 'campaign_performance')).length,
    )
    // A day that was stored while the vendor still gave it.
    await project.rows(
      "INSERT INTO long.campaign_performance BY NAME SELECT * REPLACE (DATE '2022-05-05' AS segments_date) FROM long.campaign_performance LIMIT 1",
    )
    const next = await run('long', '--full-refresh')
    expect(next.code, JSON.stringify(next.lines.at(-1))).toBe(0)
    expect(
      await project.rows("SELECT 1 FROM long.campaign_performance WHERE segments_date = '2022-05-05'"),
    ).toHaveLength(1)
  })

  it('a condition that would leave out days is refused by the stream’s name, and what is stored stays', async () => {
    const before = await rowsOf('google', 'campaign_performance')
    const undo = project.edit('syncs/google.yaml', (text) =>
      text.replace('performance: {', 'performance: { where: "segments.date >= \'2026-11-18\'",'),
    )
    const refused = await run('google')
    undo()
    expect(refused.code).not.toBe(0)
    expect(JSON.stringify(refused.lines)).toContain('stream campaign_performance, where: it has a condition on dates')
    expect(before.length).toBeGreaterThan(5)
    expect(await rowsOf('google', 'campaign_performance')).toEqual(before)
  })

  it.each([
    ['reports', '{ campaign_performance: { where: "segments.date > \'2020-01-01\'" } }', 'it has a condition on dates'],
    [
      'queries',
      '{ gaql: { options: { query: "SELECT campaign.nmae FROM campaign" } } }',
      'did you mean campaign.name?',
    ],
  ])(
    'what %s cannot be asked is refused by a plan, and by a run before a table is made: %s',
    async (_, streams, says) => {
      const undo = project.edit('syncs/unmade.yaml', () => `source: google_ads\nschema: unmade\nstreams: ${streams}\n`)
      const [planned, refused] = [await millrace(['sync', 'plan', 'unmade'], project), await run('unmade')]
      undo()
      for (const { code, lines, stderr } of [planned, refused]) {
        expect(code).not.toBe(0)
        expect(`${JSON.stringify(lines)}${stderr}`).toContain(says)
      }
      expect(await project.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'unmade'")).toEqual([])
    },
  )

  it('days that are restated are what the vendor says, three days later, and the totals before and after are written down', async () => {
    await project.sandbox.move(3)
    const next = await run('google')
    expect(next.code, JSON.stringify(next.lines.at(-1))).toBe(0)
    expect(resultOf(next).runs[0]?.ledger).toMatchObject({ rejected: 0 })
    const fresh = await run('fresh')
    expect(fresh.code, JSON.stringify(fresh.lines.at(-1))).toBe(0)
    for (const table of ['campaign_performance', 'search_terms'])
      expect(await rowsOf('google', table), table).toEqual(await rowsOf('fresh', table))
    const log = await project.rows(
      `SELECT day, scope ->> 'customer_id' AS account, totals FROM _millrace.restatements WHERE stream = 'campaign_performance' AND sync = 'google'`,
    )
    expect(log.length).toBeGreaterThan(3)
    for (const { day, account, totals } of log) {
      const [now] = await project.rows(
        `SELECT sum(metrics_cost_micros) AS micros FROM google.campaign_performance WHERE segments_date = '${day}' AND CAST(customer_id AS VARCHAR) = '${account}'`,
      )
      const { metrics_cost_micros: micros } = JSON.parse(totals ?? '') as { metrics_cost_micros?: readonly string[] } // what the log holds
      if (micros) expect(micros[1]).toBe(now?.['micros'])
    }
  })

  it('a query of the sync where the vendor takes none, or that is wrong, is refused before anything is read', async () => {
    project.edit('syncs/fresh.yaml', (text) =>
      text.replace('search_term_view.search_term', 'search_term_view.serach_term'),
    )
    const wrong = await run('fresh')
    expect(wrong.code).not.toBe(0)
    expect(JSON.stringify(wrong.lines)).toMatch(/serach_term/)
  })
})

const syncYaml = (more: string) => `
source: google_ads
start: 2026-09-20
${more}
streams:
  campaign_performance: { restate: { window: 30d } }
  search_terms:
    query: "SELECT search_term_view.search_term, metrics.cost_micros, metrics.clicks FROM search_term_view"
    restate: { window: 30d, every: 1d }
`

const askedYaml = `
source: google_ads
start: 2026-11-01
streams:
  gaql: { options: { query: "SELECT campaign.name, metrics.clicks FROM campaign" } }
`

const millraceYaml = `
project: google
default_target: sandbox
targets:
  sandbox:
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
connections:
  google_ads:
    connector: google_ads
    client_id: '\${env:GOOGLE_ADS_CLIENT_ID}'
    client_secret: '\${env:GOOGLE_ADS_CLIENT_SECRET}'
    refresh_token: '\${env:GOOGLE_ADS_REFRESH_TOKEN}'
    customer_ids: ['1234567890']
`
