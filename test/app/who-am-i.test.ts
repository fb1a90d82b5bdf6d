import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { whoAmI } from '../../src/app/who-am-i.ts'

it('whoever does something by hand is written down by name', () => {
  expect(whoAmI()).toBe(userInfo().username)
})

it('whoever has no name is written down by uid', () => {
  const nameless = () => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)')
  }
  expect(whoAmI(nameless)).toBe(`uid ${process.getuid?.()}`)
})
