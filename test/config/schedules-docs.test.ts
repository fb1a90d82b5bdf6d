import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadProject } from '../../src/config/load.ts'
import { schedulesFile } from '../../src/config/schedules-file.ts'
import { absent, sound, tempProject } from './temp-project.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const page = read('docs/schedules.md')
const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []

it('docs/schedules.md shows a file that loads in the sample project, with the defaults that hold without it', async () => {
  const files = ['syncs', 'models'].flatMap((folder) =>
    readdirSync(new URL(folder, root)).map((name) => `${folder}/${name}`),
  )
  const without = Object.fromEntries(Object.keys(sound).map((path) => [path, absent]))
  const sample = Object.fromEntries(['millrace.yaml', ...files].map((path) => [path, read(path)]))
  const project = await loadProject(await tempProject({ ...without, ...sample, 'schedules.yaml': example }))
  expect(Object.keys(project.schedules['schedules'] ?? {})).toHaveLength(4)
  const { defaults, max_runs } = schedulesFile.parse(parse(example))
  expect({ defaults, max_runs }).toEqual({ ...schedulesFile.parse({}), schedules: undefined })
})

it('docs/schedules.md names every key of a schedule', () => {
  const { defaults, schedules } = schedulesFile.shape
  const keys = [...Object.keys(defaults.unwrap().shape), ...Object.keys(schedules.unwrap().valueType.shape)]
  expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(example))).toEqual([])
})
