import { MillraceError } from '../model/millrace-error.ts'
import type { Random } from './contract.ts'

/** A stream of numbers that depends on the seed and the name alone. */
export function createRandom(seed: number, name: string): Random {
  let state = hashText(`${seed}:${name}`)
  const next = () => {
    // mulberry32: 32 bits of state are plenty for a cast, and every engine computes it alike.
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  const pick = <T>(items: readonly T[]): T => {
    const index = integer(0, items.length - 1)
    // Not `items[index]`: whether T itself may be undefined is not ours to say.
    for (const item of items.slice(index, index + 1)) return item
    throw new MillraceError('MR-7000', {
      message: `Drawing from ${name} in the sandbox: there is nothing to draw from.`,
    })
  }
  return { next, integer, pick, chance: (probability) => next() < probability }
}

/** FNV-1a with a final mix, so that names that differ in one letter start far apart. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
