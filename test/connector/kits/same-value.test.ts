import { expect, it } from 'vitest'
import { isSameValue } from '../../../src/connector/kits/same-value.ts'

it.each([
  ['394215726', '3.94215726E8', true],
  ['10000000', '1.0E7', true],
  ['0.0001', '1.0E-4', true],
  ['-1200.5', '-1.2005e3', true],
  ['1200', '1200.0', true],
  ['12', '1.2E2', false],
  ['9007199254740993', '9007199254740992', false],
])('the kit takes the number %s and the text %s for the same: %s', (held, read, same) => {
  expect(isSameValue('decimal(18,4)', held, read)).toBe(same)
})
