import { createHash } from 'node:crypto'

/**
 * A ULID that is always the same for the same thing: the time in its first 48 bits, a hash in the other 80.
 * https://github.com/ulid/spec
 */
export function stableUlid(parts: readonly string[], unixSeconds: number): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16)
  bytes.writeUIntBE(Math.min(Math.max(0, unixSeconds * 1000), maxMs), 0, 6)
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = digits[Number(rest % 32n)] + text
    rest /= 32n
  }
  return text
}

export const isUlid = (text: string): boolean => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text)

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const maxMs = 2 ** 48 - 1
