import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inWaves } from '../../../connectors/stripe/in-waves.ts'

it('leaves no request behind where one of a wave fails, and begins no other wave', async () => {
  const asked: number[] = []
  const ended: number[] = []
  const ask = async (item: number) => {
    asked.push(item)
    await sleep(item * 5)
    ended.push(item)
    if (item === 1) throw new RangeError('refused')
    return item
  }
  await expect(Array.fromAsync(inWaves([1, 2, 3, 4, 5], ask, 3))).rejects.toThrow('refused')
  expect(asked).toEqual([1, 2, 3])
  expect(ended).toEqual([1, 2, 3])
})
