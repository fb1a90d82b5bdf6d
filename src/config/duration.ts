/** `26h`, `30s`, `1h30m`, `7d` in milliseconds. undefined: not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g))
    total += Number(count) * (unitsMs.get(unit ?? '') ?? 0)
  return Number.isSafeInteger(total) ? total : undefined
}

export const durationForm = 'a duration is a number with its unit: `30s`, `15m`, `26h`, `7d`'

/** What a timer can wait for is held in 31 bits: one that is asked for more rings at once. */
export const longestWaitMs = 24 * 86_400_000

export const longestWaitForm = 'no longer than 24 days'

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])
