import type { SimulatorStore } from 'millrace/sandbox'

/**
 * `cus_` and fourteen characters that look like the vendor's: unique per prefix, and the same for the same world.
 * `series`: a count of its own, which leaves the ids of the others as they are.
 */
export function makeId(store: SimulatorStore, prefix: string, series = ''): string {
  const count = store.next(`id:${prefix}${series}`)
  // A bijection of 32 bits spreads the numbers; the salt keeps prefixes apart.
  const salt = [...prefix, ...series].reduce(
    (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0,
    2166136261,
  )
  const spread = Math.imul(count + 1, 2654435761) >>> 0
  return `${prefix}_${toBase62((spread ^ salt) >>> 0, 6)}${toBase62(Math.imul(spread, 668265263) >>> 0, 6)}${toBase62(count % 3844, 2)}`
}

function toBase62(number: number, width: number): string {
  let rest = number
  let text = ''
  for (let i = 0; i < width; i++) {
    text = (alphabet[rest % 62] ?? '') + text
    rest = Math.floor(rest / 62)
  }
  return text
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
