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
    // The index is inside the list; `T` itself may be undefined, so that a check would be wrong here.
    return items[index] as T
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
