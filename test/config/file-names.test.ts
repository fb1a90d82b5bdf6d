import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/duckdb/open-database.ts'
import { brief, findingsOf, sound, type Files } from './temp-project.ts'

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

describe('a schema', () => {
  test('that is named like a database that DuckDB has by itself is refused, also where the sync’s name makes it', async () => {
    const db = await openDatabase({ path: ':memory:', memoryLimit: '100MB', spillDirectory: tmpdir(), threads: 1 })
    const names = (await db.rows('SELECT database_name AS name FROM duckdb_databases() ORDER BY 1')).map(
      ({ name }) => name ?? '',
    )
    db.close()
    expect(names).toEqual(expect.arrayContaining(['memory', 'system', 'temp']))
    for (const name of names) {
      const found = await findingsOf({ [`syncs/${name}.yaml`]: sound['syncs/crm.yaml'] ?? '' })
      expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
        `MR-1201 the schema \`${name}\` is millrace’s or the warehouse’s own`,
      ])
    }
  })
})
