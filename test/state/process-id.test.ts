import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isAlive, thisProcess } from '../../src/state/process-id.ts'

test('this process is alive', () => {
  expect(isAlive(thisProcess())).toBe(true)
})

test('a process with this pid that began at another time is dead', () => {
  expect(isAlive({ ...thisProcess(), startedAt: 'earlier' })).toBe(false)
})

test('a pid that nobody has is dead', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(isAlive({ ...thisProcess(), pid: child.pid ?? 0 })).toBe(false)
})

test('of a process on another host nothing is known, so it counts as alive', () => {
  expect(isAlive({ host: 'elsewhere', pid: 1, startedAt: 'x' })).toBe(true)
})
