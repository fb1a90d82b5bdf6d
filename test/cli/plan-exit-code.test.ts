import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { edit, linesOf, millrace, newProject, write } from './command.ts'

test('a stream that every run lists whole is a change until it is loaded, and none afterwards', async () => {
  const project = await newProject()
  for (const each of ['models', 'syncs', 'schedules.yaml']) rmSync(join(project, each), { recursive: true })
  edit(project, 'millrace.yaml', (text) =>
    text.replace('connections:\n', "connections:\n  ads: { connector: facebook_ads, access_token: '${env:ADS}' }\n"),
  )
  write(project, 'syncs/ads.yaml', 'source: ads\nstart: 2026-11-01\nstreams:\n  campaigns: {}\n')
  const plan = () => millrace(project, 'sync', 'plan', '--detailed-exitcode', '--json')
  const before = await plan()
  expect([before.code, linesOf(before)[0]?.['streams']]).toEqual([
    3,
    [expect.objectContaining({ name: 'campaigns', from: null, loaded_before: false })],
  ])
  expect(await millrace(project, 'sync', 'run', 'ads')).toMatchObject({ code: 0 })
  const after = await plan()
  expect([after.code, linesOf(after)[0]?.['streams']]).toEqual([
    0,
    [expect.objectContaining({ name: 'campaigns', from: null, loaded_before: true })],
  ])
})
