import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from './reverse-stage.ts'
import { playStory } from './reverse-story.ts'

/** `MILLRACE_SEEDS=17-17` plays one again and tells it, `MILLRACE_SEEDS=1000-1999` others. A failure says its seed. */
export function playSeeds([first, last]: readonly [number, number]): void {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  }, 60_000)
  afterAll(() => stage.close())

  it(`after any faults and kills the vendor holds what the model says: seeds ${first} to ${last}`, async () => {
    let played = 0
    for (let seed = first; seed <= last; seed++) {
      const told = await playStory(stage, seed)
      if (first === last) process.stdout.write(`${told}\n`)
      played++
    }
    expect(played).toBe(last - first + 1)
  }, 36_000_000)
}

/** The seeds that were asked for, or the first two hundred: one half of them for each of two processes. */
export function halfOfSeeds(half: 1 | 2): readonly [number, number] {
  const [first = 1, last = first] = (process.env['MILLRACE_SEEDS'] ?? '1-200').split('-').map(Number)
  const middle = Math.floor((first + last) / 2)
  return half === 1 ? [first, middle] : [middle + 1, last]
}
