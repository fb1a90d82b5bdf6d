import { expect, test } from 'vitest'
import { decodePart } from '../../src/model/decode-part.ts'

test.each([
  ['50%off', '50%off'],
  ['50%off^', '50%off^'],
  ['50% für {dich}', '50% für {dich}'],
  ['a%40b%25', 'a@b%'],
  ['100%', '100%'],
  ['50%ab', '50%ab'],
])('the password %s of an address is read as it is meant', (written, meant) => {
  const url = new URL('http://127.0.0.1')
  url.href = `http://me:${written.replaceAll(' ', '%20')}@127.0.0.1:1`
  expect(decodePart(url.password)).toBe(meant)
})
