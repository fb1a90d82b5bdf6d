import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import {
  decodeName,
  decodeNames,
  distinctNames,
  encodeName,
  relationSql,
  schemaSql,
  splitEncoded,
} from '../../../../src/sandbox/snowflake/sql/names.ts'

const anyName = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({ minLength: 1, unit: fc.constantFrom('a', 'A', 'b', 'B', '_', '.', '\u2063', '\u2064', '1') }),
)

describe('a Snowflake name in DuckDB', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(decodeName(encodeName(name))).toBe(name)
      }),
    )
  })

  test('is the same for DuckDB only if it is the same for Snowflake', () => {
    fc.assert(
      fc.property(
        anyName,
        anyName,
        (a, b) => a === b || encodeName(a).toUpperCase() !== encodeName(b).toUpperCase() || !sameAscii(a, b),
      ),
    )
    expect(encodeName('a').toUpperCase()).not.toBe(encodeName('A').toUpperCase())
    expect(encodeName('aB').toUpperCase()).not.toBe(encodeName('Ab').toUpperCase())
  })

  test('stays as it is without lower-case letters', () => {
    expect(encodeName('ACCOUNT')).toBe('ACCOUNT')
  })

  test('is found in the middle of a message', () => {
    expect(decodeNames(`column "${encodeName('Name')}" of "${encodeName('t')}"`)).toBe('column "Name" of "t"')
  })

  test('of a schema keeps its database apart, with dots in either', () => {
    fc.assert(
      fc.property(anyName, anyName, (database, schema) => {
        fc.pre(!/[\u2063\u2064]/.test(database + schema))
        const parts = splitEncoded(schemaSql(database, schema).slice(1, -1).replaceAll('""', '"'))
        expect(parts).toEqual([database, schema])
      }),
    )
  })

  test('of a temporary table is its whole path', () => {
    expect(relationSql({ database: 'DB', schema: 'S', name: 'T' }, true)).toBe('temp.main."DB.S.T"')
  })

  test('that comes twice in one relation gets a number that goes again', () => {
    const names = distinctNames(['A', 'A', 'B'])
    expect(new Set(names).size).toBe(3)
    expect(names.map((name) => decodeName(name.slice(1, -1)))).toEqual(['A', 'A', 'B'])
  })
})

/** DuckDB folds ASCII letters only. */
const sameAscii = (a: string, b: string) =>
  a.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()) === b.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
