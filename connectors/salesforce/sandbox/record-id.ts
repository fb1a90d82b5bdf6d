/**
 * Record Ids: 15 case-sensitive characters (key prefix, pod, base 62 number) and three that carry the case of the others,
 * so that systems which ignore case can tell them apart.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
 */
export function recordId(prefix: string, number: number): string {
  // The stride makes neighbours differ in more than a digit, upper and lower case among them; order stays.
  let rest = 1_000_000 + number * 37
  let digits = ''
  for (let i = 0; i < 6; i++) {
    digits = alphabet[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return withSuffix(`${prefix}5g0000${digits}`)
}

export function withSuffix(id: string): string {
  let suffix = ''
  for (let chunk = 0; chunk < 3; chunk++) {
    let bits = 0
    for (let i = 0; i < 5; i++) if (/[A-Z]/.test(id[chunk * 5 + i] ?? '')) bits |= 1 << i
    suffix += suffixAlphabet[bits]
  }
  return id + suffix
}

/** The 18-character form of an Id as a client sent it; undefined where it is not an Id. */
export function readId(text: string): string | undefined {
  if (/^[A-Za-z0-9]{15}$/.test(text)) return withSuffix(text)
  if (!/^[A-Za-z0-9]{18}$/.test(text)) return undefined
  const full = withSuffix(text.slice(0, 15))
  return full.slice(15) === text.slice(15).toUpperCase() ? full : undefined
}

/** Records that are made after the seed; seeded ones have the number of their company, person or deal. */
export const firstRuntimeNumber = 10_000_000

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const suffixAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
