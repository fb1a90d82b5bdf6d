import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { sound, tempProject } from './temp-project.ts'

it('docs/mapping.md shows a map that loads, with every form there is', async () => {
  const page = await readFile(new URL('../../docs/mapping.md', import.meta.url), 'utf8')
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
