import { expect, test } from 'vitest'
import { inlineView } from '../../../src/warehouse/snowflake/inline-view.ts'

const at = '"MODELS"."PEOPLE"'
const inlined = (sql: string) => inlineView(sql, { at, name: '"PEOPLE"', text: 'SELECT 1 AS id' }).replaceAll('\n', ' ')

test.each([
  // Comments that stand apart are not one, with what is between them.
  [
    `${at} /* of all */ WHERE id = /* the first */ x`,
    '(SELECT 1 AS id ) AS "PEOPLE" /* of all */ WHERE id = /* the first */ x',
  ],
  [`${at} /* of * all */ AS p`, '(SELECT 1 AS id ) /* of * all */ AS p'],
  [
    `${at} ASOF JOIN ${at} MATCH_CONDITION (a >= b)`,
    '(SELECT 1 AS id ) AS "PEOPLE" ASOF JOIN (SELECT 1 AS id ) AS "PEOPLE" MATCH_CONDITION (a >= b)',
  ],
])('the text of a view in the place of its name: %s', (sql, expected) => {
  expect(inlined(`SELECT * FROM ${sql}`)).toBe(`SELECT * FROM ${expected}`)
})
