/**
 * The declared fields of a record, in a form that can be compared with key bytes without making strings of them: a hash of
 * the bytes finds the candidate, the bytes themselves decide.
 */
export type KnownKeys = {
  /** Adds the key in `bytes[start, end)`, still escaped, to `unknown` where it is not declared. */
  readonly check: (bytes: Uint8Array, start: number, end: number, unknown: Set<string>) => void
}

export function knownKeys(names: Iterable<string>): KnownKeys {
  const byHash = new Map<number, Uint8Array[]>()
  const all = new Set(names)
  for (const name of all) {
    const bytes = new TextEncoder().encode(name)
    const hash = hashBytes(bytes, 0, bytes.length)
    byHash.set(hash, [...(byHash.get(hash) ?? []), bytes])
  }
  return {
    check(bytes, start, end, unknown) {
      const candidates = byHash.get(hashBytes(bytes, start, end))
      if (candidates !== undefined) {
        for (let n = 0; n < candidates.length; n++) if (equals(candidates[n], bytes, start, end)) return
      }
      // Rare: a new field, or a known one that the vendor wrote with escapes.
      const name: unknown = JSON.parse(`"${new TextDecoder().decode(bytes.subarray(start, end))}"`)
      if (typeof name === 'string' && !all.has(name)) unknown.add(name)
    },
  }
}

// FNV-1a, 32 bits.
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash
}

function equals(candidate: Uint8Array | undefined, bytes: Uint8Array, start: number, end: number): boolean {
  if (candidate === undefined || candidate.length !== end - start) return false
  for (let i = 0; i < candidate.length; i++) if (candidate[i] !== bytes[start + i]) return false
  return true
}
