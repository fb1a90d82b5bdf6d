/** A size from the environment: small commits and short leases, for tests of what happens between two of them. */
export const sizeFrom = (text: string | undefined): number | undefined =>
  text && /^\d+$/.test(text) ? Number(text) : undefined
