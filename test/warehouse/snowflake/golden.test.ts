/** What is sent to Snowflake between BEGIN and COMMIT, as the golden file has it: DDL would commit what came before it. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { splitStatements } from '../../../src/sandbox/snowflake/sql/read-statement.ts'

const golden = fileURLToPath(new URL('../golden/statements-snowflake.sql', import.meta.url))

test('a transaction holds queries and DML, and no statement that would commit it', () => {
  const inside = transactions().flat()
  expect(inside.length).toBeGreaterThan(200)
  const allowed = /^(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|EXECUTE IMMEDIATE)\b/
  expect(inside.filter((sql) => !allowed.test(sql))).toEqual([])
})

test('the block that holds a fence changes rows, and nothing else', () => {
  const blocks = transactions()
    .flat()
    .filter((sql) => sql.startsWith('EXECUTE IMMEDIATE'))
  expect(blocks.length).toBeGreaterThan(10)
  for (const block of blocks) expect(block).not.toMatch(/\b(CREATE|ALTER|DROP|TRUNCATE|COMMIT|ROLLBACK|TRANSACTION)\b/i)
})

test('every transaction that changes a stream or a delivery begins with its fence', () => {
  const firsts = transactions()
    .filter((statements) => statements.some((sql) => /^(INSERT|MERGE) INTO "_MILLRACE"\."(COMMITS|CURSORS)"/.test(sql)))
    .map(([first = '']) => first)
  expect(firsts.length).toBeGreaterThan(10)
  for (const first of firsts)
    expect(first).toMatch(/^EXECUTE IMMEDIATE '|^UPDATE _millrace\.fences SET taken_at = SYSDATE\(\) WHERE sync = ''/)
})

function transactions(): readonly (readonly string[])[] {
  const found: string[][] = []
  let open: string[] | null = null
  for (const sql of splitStatements(readFileSync(golden, 'utf8')).map(withoutComments)) {
    if (/^(COMMIT|ROLLBACK)\b/.test(sql)) open = null
    else if (/^BEGIN\b/.test(sql)) found.push((open = []))
    else open?.push(sql)
  }
  expect(found.length).toBeGreaterThan(30)
  expect(open).toBeNull()
  return found
}

const withoutComments = (sql: string): string =>
  sql
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .trim()
