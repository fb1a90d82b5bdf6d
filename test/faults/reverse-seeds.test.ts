/**
 * The faults of a delivery by seeds, against every destination (issue's matrix: process, HTTP, auth, partial, data, volume,
 * runners). `MILLRACE_SEEDS=17` plays one again, `MILLRACE_SEEDS=1000-1999` others; `npm run fault-seeds -- 1000` so many.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from './reverse-stage.ts'
import { playStory } from './reverse-story.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage.close())

const [first = 1, last = first] = (process.env['MILLRACE_SEEDS'] ?? '1-200').split('-').map(Number)

it(`after any faults and kills the vendor holds what the model says: seeds ${first} to ${last}`, async () => {
  let played = 0
  for (let seed = first; seed <= last; seed++) {
    const told = await playStory(stage, seed)
    if (first === last) console.log(told)
    played++
  }
  expect(played).toBe(last - first + 1)
}, 3_600_000)
