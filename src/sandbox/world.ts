import { makeCast } from './cast.ts'
import type { World } from './contract.ts'
import { createRandom } from './random.ts'

/**
 * The world of a seed: the same bytes on every machine. `scale` 1 is about 1,500 companies, 6,200 people and 1,800 deals.
 * A lead's `company` is where they work, and the company that they join when they convert.
 */
export function createWorld(seed: number, scale = 1): World {
  const random = (name: string) => createRandom(seed, name)
  return { seed, epoch, random, ...makeCast({ scale, epoch, random }) }
}

const epoch = new Date('2026-11-20T09:55:00Z')
