import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isAlive, isOnThisHost, isOnThisMachine, thisProcess } from '../../src/state/process-id.ts'

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

test('a machine of this name that was booted by itself is another one', () => {
  const boots = ['11111111-2222-3333-4444-555555555555/4711', 'Sun Nov 22 23:54:46 2026']
  const [twin, withoutBoot] = boots.map((startedAt) => ({ ...thisProcess(), startedAt }))
  if (!twin || !withoutBoot) return expect.unreachable()
  expect([isOnThisHost(twin), isOnThisMachine(thisProcess()), isOnThisMachine(withoutBoot)]).toEqual([true, true, true])
  expect(isOnThisMachine(twin)).toBe(process.platform !== 'linux')
})
