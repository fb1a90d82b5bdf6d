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
      if (first === last) console.log(told)
      played++
    }
    expect(played).toBe(last - first + 1)
  }, 36_000_000)
}

/** What was asked for by name; null: the first two hundred, in two processes. */
export function namedSeeds(): readonly [number, number] | null {
  const [first, last = first] = (process.env['MILLRACE_SEEDS'] ?? '').split('-').map(Number)
  return first && last ? [first, last] : null
}
