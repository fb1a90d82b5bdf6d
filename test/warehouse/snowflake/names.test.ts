/** Names and texts of any kind, through the dialect's two functions, into statements and back. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { snowflakeDialect as dialect } from '../../../src/warehouse/snowflake/dialect.ts'
import { logicalName, storedName } from '../../../src/warehouse/snowflake/names.ts'
import { collect, people, tableOf, type Columns } from '../workbench.ts'
import { row, useAccount } from './account.ts'
import { loadStaged } from './load-staged.ts'

const account = useAccount()

/** As naming may give them: no two differ by case only, which the columns of a file could not (COPY matches them without it). */
const nasty = [
  'select',
  'order',
  'group',
  'rows',
  'table',
  'a"b',
  `a'b`,
  'a;DROP TABLE x',
  'a--b',
  'a/*b',
  'a\\b',
  'a\\',
  'a$b',
  '$1',
  '$$',
  '?',
  ':1',
  '@%t',
  '*',
  'a.b',
  ' ',
  'ä',
  'ß',
  'ı',
  '名前',
  '🙂',
  '\u200d',
  '__proto__',
  'constructor',
  'camelCase',
  '0x',
]

describe('names that nobody would choose', () => {
  test('are columns, all in one table, that are loaded and merged', async () => {
    const { open, target, table } = account()
    const bench = open()
    const fence = await bench.take()
    const columns: Columns = Object.fromEntries([['id', 'integer'], ...nasty.map((name) => [name, 'string'])])
    const cells = (version: number) =>
      Object.fromEntries(nasty.map((name, index) => [name, `${index} of ${version}`] as const))
    for (const version of [1, 2]) {
      const rows = [{ ...cells(version), id: 1, _version: version, _read_at: version }]
      await bench.commit({ fence, columns, rows, sequence: version })
    }
    const stored = await bench.session(({ introspect }) => introspect('crm', table))
    expect(stored?.columns.map(({ name }) => name)).toEqual([
      'id',
      ...nasty,
      '_synced_at',
      '_read_at',
      '_version',
      '_run_id',
      '_deleted_at',
    ])
    const [found] = await bench.rows(`SELECT ${nasty.map(dialect.quote).join(', ')} FROM ${target}`)
    expect(Object.entries(found ?? {})).toEqual(Object.entries(cells(2)))
  })

  test('are tables and schemas, each with its own row', async () => {
    const { open, stage, scope } = account()
    const bench = open()
    const names = nasty.filter((_, index) => index % 3 === 0)
    for (const [index, name] of names.entries()) {
      const schema = `x${name}`
      const table = tableOf(name, people, schema)
      const path = await stage([row(index, name)])
      await bench.session(async (session) => {
        await session.ensureTable(table, 'evolve')
        const { previous: _previous, ...fence } = await session.state.takeFence({ ...scope, sync: name }, `r${name}`)
        await loadStaged(session, { fence, table, path, rows: 1, watermark: new Date(index).toISOString() })
        const rows = await collect(
          session.query(`SELECT id, name FROM ${dialect.quote(schema)}.${dialect.quote(name)}`),
        )
        expect(rows).toEqual([{ id: String(index), name }])
        expect(await session.state.readCursor({ ...scope, sync: name })).toEqual({
          watermark: new Date(index).toISOString(),
          scan: null,
        })
        expect((await session.introspect(schema, name))?.columns).toHaveLength(7)
      })
    }
  }, 30_000)
})

describe('over all of Unicode', () => {
  // The simulator's own limits: no name has a NUL, and none is empty or longer than 255 characters, as at the vendor.
  // The SDK counts columns in a plain object, and breaks off at a method of it; ours are stored in capitals.
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 30 })
    .filter((value) => !value.includes('\0') && !(storedName(value) in {}))
  const text = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({
        unit: fc.constantFrom('\\', "'", '"', 'n', '$', '\n', '\t', ';', '-', '?', ':', '0', 'u', 'x'),
        maxLength: 20,
      }),
    )
    .map((value) => value.replaceAll('\0', ''))

  test('names come back as they were, and texts character by character', async () => {
    const bench = account().open()
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, text), { selector: ([each]) => storedName(each), minLength: 1, maxLength: 60 }),
        async (cells) => {
          const select = cells.map(([each, value]) => `${dialect.text(value)} AS ${dialect.quote(each)}`)
          const [found] = await bench.rows(`SELECT ${select.join(', ')}`)
          const expected = cells.map(([each, value]) => [logicalName(storedName(each)), value])
          expect(Object.entries(found ?? {})).toEqual(inObjectOrder(expected))
        },
      ),
      { numRuns: 60 },
    )
  }, 30_000)

  test('what lies between the quotes is one token: no name and no text ends its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(dialect.quote(value).slice(1, -1).replaceAll('""', '')).not.toContain('"')
        expect(
          dialect
            .text(value)
            .slice(1, -1)
            .replaceAll(/\\\\|''/g, ''),
        ).not.toMatch(/['\\]/)
        // Only the 26 letters are folded, and only where none is a capital already.
        if (/[A-Z]/.test(value)) expect(storedName(value)).toBe(value)
        else expect(logicalName(storedName(value))).toBe(value)
      }),
      { numRuns: 2000 },
    )
  })

  test('names that differ by case only, as a vendor may have them, are columns of their own', () => {
    const names = ['Name', 'name', 'NaMe', 'naMe']
    expect(new Set(names.map(storedName)).size).toBe(names.length)
    // Capitals alone are what the folded name is stored as: naming resolves that before it comes here.
    expect(storedName('NAME')).toBe(storedName('name'))
  })
})

/** Whole numbers come first in an object. */
const inObjectOrder = (entries: readonly (readonly string[])[]) =>
  Object.entries(Object.fromEntries(entries.map(([key = '', value = '']) => [key, value])))

describe('files without rows', () => {
  test('load nothing, and the commit stands', async () => {
    const { open, stage, table } = account()
    const bench = open()
    const fence = await bench.take()
    await bench.commit({ fence, rows: [row(1, 'Ann')] })
    const path = await stage([])
    const [counted] = await bench.session((session) =>
      loadStaged(session, {
        fence,
        table: tableOf(table, people),
        path,
        rows: 0,
        watermark: '2026-11-20T10:00:00.000Z',
      }),
    )
    expect(counted?.ledger).toMatchObject({ read: 0, inserted: 0, updated: 0 })
    expect((await account().state())['cursor']).toMatchObject([{ watermark: '2026-11-20T10:00:00.000Z' }])
    expect((await account().state())['table']).toHaveLength(1)
  })
})
