import { describe, expect, test } from 'vitest'
import { placeOf, tokenize } from '../../../../src/sandbox/snowflake/sql/tokenize.ts'
import { splitStatements } from '../../../../src/sandbox/snowflake/sql/split-statements.ts'

const values = (sql: string) =>
  tokenize(sql)
    .slice(0, -1)
    .map(({ kind, value }) => `${kind}:${value}`)

describe('tokens', () => {
  test('are folded where they are not quoted', () => {
    expect(values('select "a""b", x$1')).toEqual(['word:SELECT', 'quoted:a"b', 'symbol:,', 'word:X$1'])
  })

  test.each([
    [`'it''s'`, `it's`],
    [String.raw`'a\nb\\c\'d\te'`, "a\nb\\c'd\te"],
    [String.raw`'\u0041\x42\0'`, 'AB\0'],
    [String.raw`'\q'`, 'q'],
    [`$$raw ' \\n text$$`, String.raw`raw ' \n text`],
  ])('of %s say %j', (sql, text) => {
    expect(tokenize(sql)[0]).toMatchObject({ kind: 'string', value: text })
  })

  test('have three kinds of comments between them', () => {
    expect(values('1 -- a\n, 2 // b\n/* c ; */ , 3')).toEqual([
      'number:1',
      'symbol:,',
      'number:2',
      'symbol:,',
      'number:3',
    ])
  })

  test('of a stage go up to a blank', () => {
    expect(values(`@"S".%"T b"/path/x.parquet )`)).toEqual([`stage:"S".%"T b"/path/x.parquet`, 'symbol:)'])
  })

  test('have a place: the line from 1, the position from 0', () => {
    expect(placeOf('a\nbc d', 5)).toEqual({ line: 2, position: 3 })
  })

  test.each(["'open", '"open', '/* open', '$$open', 'a # b', 'a ` b'])('%s is no SQL', (sql) => {
    expect(() => tokenize(sql)).toThrow('SQL compilation error')
  })
})

describe('several statements', () => {
  test.each([
    ['select 1; select 2;', ['select 1', 'select 2']],
    [`select ';' -- ;\n; select $$;$$`, [`select ';' -- ;`, 'select $$;$$']],
    ['begin; update t set a = 1; commit', ['begin', 'update t set a = 1', 'commit']],
    ['begin transaction; commit', ['begin transaction', 'commit']],
    [
      'begin let x := 1; if (x = 1) then return case when x = 1 then 2 end; end if; end; select 1',
      ['begin let x := 1; if (x = 1) then return case when x = 1 then 2 end; end if; end', 'select 1'],
    ],
    [
      'declare x int; begin begin x := 1; end; end; select 2',
      ['declare x int; begin begin x := 1; end; end', 'select 2'],
    ],
    [' ; ;', []],
  ])('%j', (sql, statements) => {
    expect(splitStatements(sql)).toEqual(statements)
  })
})
