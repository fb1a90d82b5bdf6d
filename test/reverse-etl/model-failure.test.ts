import { expect, it } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { modelFailure } from '../../src/reverse-etl/model-failure.ts'

const told = (words: string, hides: boolean) => {
  const error = new MillraceError('MR-2003', { message: `running a statement in ${words}\nLINE 1: SELECT` })
  const failure = modelFailure({ model: 'people' }, error, { hides })
  if (!(failure instanceof MillraceError) || failure === error) return 'as it was'
  expect(failure.cause === undefined).toBe(hides)
  return failure.message.replace('The model people (models/people.sql) fails when its rows are read: ', '')
}

it.each([
  [
    `DuckDB: Conversion Error: Could not convert string 'O'Neil "Al"' to INT32 when casting from source column born`,
    'Conversion Error: Could not convert string *** to INT32 when casting from source column born',
  ],
  [
    'DuckDB: Conversion Error: invalid date field format: "20.11.1987", expected format is (YYYY-MM-DD)',
    'Conversion Error: invalid date field format: ***, expected format is (YYYY-MM-DD)',
  ],
  [
    `DuckDB: Conversion Error: Could not convert string 'Ann\nLee' to INT32`,
    'Conversion Error: Could not convert string ***',
  ],
  [
    `DuckDB: Invalid Input Error: Type INT64 with value 4512345678 can't be cast to INT32`,
    `Invalid Input Error: Type INT64 with value *** can't be cast to INT32`,
  ],
  [
    'DuckDB: Out of Range Error: Overflow in multiplication of INT64 (4512345678 * -19871120.5)!',
    'Out of Range Error: Overflow in multiplication of INT64 (*** * -***)!',
  ],
  ['DuckDB: Invalid Input Error: no consent of ann@private.test', 'Invalid Input Error: no consent of ***'],
  [
    `Snowflake: Numeric value 'Ann' is not recognized (100038, 22018; query 01b2-77)`,
    'Numeric value *** is not recognized (100038, 22018; query 01b2-77)',
  ],
])('a model that fails at a value is told without it where it is personal: %s', (words, starred) => {
  expect(told(words, true)).toBe(starred)
  expect(told(words, false)).toBe(words.split('\n')[0]?.replace(/^\w+: /, ''))
})

it('what is no fault of a value is told as it was', () => {
  expect(told('DuckDB: Catalog Error: Table with name "x" does not exist!', true)).toBe('as it was')
})
