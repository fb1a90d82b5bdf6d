import { describe, expect, test } from 'vitest'
import { brief, findingsOf, type Files } from './temp-project.ts'

const project = (path: string, schema: string): Files => ({
  'millrace.yaml': `project: acme
targets:
  sandbox: { sandbox: true }
  dev:
    warehouse: { type: duckdb, path: ${path} }
connections:
  crm: { connector: salesforce }
  mail: { connector: customerio }
`,
  'syncs/crm.yaml': `source: crm\n${schema}streams: { Account: {}, Contact: {} }\n`,
})

describe('a DuckDB file', () => {
  test.each([
    ['a sync', 'data/crm.duckdb', ''],
    ['a sync, in other letters', 'CRM.db', ''],
    ['a schema', 'raw.duckdb', 'schema: raw\n'],
  ])('that is named like %s is refused, with both places', async (_, path, schema) => {
    const [error, ...others] = await findingsOf(project(path, schema))
    expect(others).toEqual([])
    expect(error && brief(error)).toBe(`MR-1201 millrace.yaml:5:38 ${path}`)
    expect(error?.next.join(' ')).toContain('syncs/crm.yaml')
  })

  test.each([
    ['warehouse.duckdb', ''],
    ['crm.duckdb', 'schema: raw\n'],
  ])('%s is not, where no schema has its name', async (path, schema) => {
    expect(await findingsOf(project(path, schema))).toEqual([])
  })
})
