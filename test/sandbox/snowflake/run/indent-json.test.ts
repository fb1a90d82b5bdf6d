import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indentJson } from '../../../../src/sandbox/snowflake/run/indent-json.ts'

test('indents any JSON as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, spaced) => {
      const text = spaced ? JSON.stringify(value, null, 1) : JSON.stringify(value)
      expect(indentJson(text, 2)).toBe(JSON.stringify(JSON.parse(text), null, 2))
    }),
  )
})

test('leaves numbers and strings as they are', () => {
  expect(indentJson('{"a":1.50,"b":12345678901234567890,"c":"[1, {2}]","d":[]}', 2)).toBe(
    '{\n  "a": 1.50,\n  "b": 12345678901234567890,\n  "c": "[1, {2}]",\n  "d": []\n}',
  )
  expect(indentJson('"a : b"', 2)).toBe('"a : b"')
  expect(indentJson('{"a":1}', 0)).toBe('{"a":1}')
})
