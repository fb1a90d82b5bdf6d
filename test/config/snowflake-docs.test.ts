/** docs/snowflake.md against the program: its YAML loads, its codes and variables are there, and what it names exists. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { errorCatalogue } from '../../src/model/error-catalogue.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { snowflakeType } from '../../src/warehouse/snowflake/column-type.ts'
import { accountVariables } from '../warehouse/snowflake-account-adapter.ts'
import { absent, sound, tempProject } from './temp-project.ts'

const docs = new URL('../../docs/', import.meta.url)
const page = readFileSync(new URL('snowflake.md', docs), 'utf8')

it('docs/snowflake.md shows a millrace.yaml that loads', async () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const others = Object.fromEntries(Object.keys(sound).map((path) => [path, absent]))
  const project = await loadProject(await tempProject({ ...others, 'millrace.yaml': yaml }))
  expect(project.targets['prod']?.warehouse).toMatchObject({ type: 'snowflake', database: 'RAW', warehouse: 'LOAD_XS' })
})

it('its table of types is that of the adapter', () => {
  const rows = [...page.matchAll(/^\| `([a-z]+)(?:\(p,s\))?` +\| `([^`]+)` /gm)]
  expect(rows).toHaveLength(9)
  for (const [, name = '', column = ''] of rows) {
    const type = (name === 'decimal' ? 'decimal(12,2)' : name) as LogicalType // the page's words
    expect(snowflakeType(type)).toBe(column.replace('(p,s)', '(12,2)'))
  }
})

it('its codes are in the catalogue, its variables are those that are read, and its links lead somewhere', () => {
  const codes = [...new Set(page.match(/MR-\d{4}/g))]
  expect(codes.length).toBeGreaterThan(8)
  for (const code of codes) expect(Object.keys(errorCatalogue)).toContain(code)
  const said = new Set([...page.matchAll(/export MILLRACE_TEST_SNOWFLAKE_([A-Z_]+)=/g)].map(([, name]) => name))
  expect(said).toEqual(new Set(accountVariables))
  for (const [, to = ''] of page.matchAll(/\]\(([^)#]+)\)/g)) {
    expect(existsSync(fileURLToPath(new URL(to, docs))), to).toBe(true)
  }
})
