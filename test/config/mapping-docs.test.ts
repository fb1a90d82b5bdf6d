import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadProject } from '../../src/config/load.ts'
import { reverseSyncFile } from '../../src/config/sync-file.ts'
import { sound, tempProject } from './temp-project.ts'

const page = await readFile(new URL('../../docs/mapping.md', import.meta.url), 'utf8')

it('docs/mapping.md shows a map that loads, with every form there is', async () => {
  const [, map = ''] = /```yaml\n(map:\n[\s\S]*?)```/.exec(page) ?? []
  const people = (sound['syncs/people.yaml'] ?? '').replace(/map:[\s\S]*/, map)
  const root = await tempProject({
    'syncs/people.yaml': people,
    'models/accounts.sql': 'select 1 as account_id, 2 as owner\n',
  })
  const sync = (await loadProject(root)).syncs.find((each) => each.kind === 'reverse_etl')
  expect(new Set(sync?.map.map(({ kind }) => kind))).toEqual(
    new Set(['column', 'value', 'template', 'lookup', 'record', 'opt_out', 'object', 'array']),
  )
  expect(sync?.map.find(({ field }) => field === 'nick')).toMatchObject({ kind: 'column', omitNull: true })
})

it('docs/mapping.md names what else such a sync may say, with the defaults that hold where it does not', () => {
  const [, beside = ''] = /```yaml\n(mode:[\s\S]*?)```/.exec(page) ?? []
  const sync = { model: 'm', primary_key: 'id', destination: 'd', object: 'o', match: 'id', map: { id: 'id' } }
  const shown: unknown = parse(beside)
  expect(reverseSyncFile.parse(Object.assign({}, sync, shown))).toEqual(reverseSyncFile.parse(sync))
  const names = Object.keys(reverseSyncFile.shape).filter(
    (name) => !(name in sync) && !['options', 'transform'].includes(name),
  )
  expect(names.filter((name) => !new RegExp(`[\`\\n]${name}[\`:]`).test(page))).toEqual([])
})
