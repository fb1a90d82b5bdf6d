/** Shares of a guard in words: what is held, beside what is allowed. */

/** A limit as it was written: `50`, `0.5`. */
export const percentAllowed = (fraction: number): number => Number((fraction * 100).toFixed(4))

/** As few digits as still show that it is more: 50.3 % of 50 % would read as 50. */
export function percentAbove(fraction: number, limit: number): string {
  for (const digits of [0, 1, 2, 3]) {
    const text = (fraction * 100).toFixed(digits)
    if (Number(text) > percentAllowed(limit)) return text
  }
  return String(fraction * 100)
}

/** 29 of 100 rows are 29 %, though 0.29 × 100 is a little less in binary. */
export const shareOf = (fraction: number, rows: number): number => fraction * rows + rounding

export const rounding = 1e-6
