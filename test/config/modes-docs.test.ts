/** docs/modes.md against the schema: its YAML is right, and it has a word about each key of a stream. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { etlSyncFile } from '../../src/config/sync-file.ts'

const page = readFileSync(new URL('../../docs/modes.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)

it.each(examples)('docs/modes.md shows streams as a sync may name them: %s', (yaml) => {
  expect(etlSyncFile.safeParse({ source: 'crm', ...parse(yaml) })).toMatchObject({ success: true })
})

it('docs/modes.md names every mode, and every key of a stream', () => {
  const { mode, streams: _streams, tags: _tags, after: _after, ...keys } = etlSyncFile.shape
  const shown = [...page.matchAll(/```.*?```|`[^`]+`/gs)].join(' ')
  const names = [...Object.keys(keys), ...mode.unwrap().options]
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(shown))).toEqual([])
})
