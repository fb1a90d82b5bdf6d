import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutToWidth, displayWidth, padToWidth } from '../../src/render/display-width.ts'
import { printable } from '../../src/render/printable.ts'

test('no text of a vendor can move the cursor, ring, set a title or turn the writing round', () => {
  expect(printable('a\u001b[2Jb\u0007\u009b31mc\u202Ed\r\ne')).toBe('a␛[2Jb␇�31mc�d e')
})

test('whatever the text, what comes out is one line without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    }),
  )
})

test('a text is cut and padded by the columns that it takes', () => {
  expect(displayWidth('日本 é')).toBe(6)
  expect(cutToWidth('日本語です', 6)).toBe('日本…')
  expect(cutToWidth('short', 6)).toBe('short')
  expect(padToWidth('日本', 6) + '|').toBe('日本  |')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, columns) => {
      expect(displayWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns)
    }),
  )
})
