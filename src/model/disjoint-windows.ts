/** Windows of days of which no two share a day of the same things: of each day the one that holds the longest stands. */
type Window = {
  readonly from: string
  readonly to: string
  readonly of: { readonly [column: string]: string }
  /** ISO. */
  readonly readBefore: string
}

export function disjointWindows(windows: readonly Window[]): readonly Window[] {
  const byScope = new Map<string, Window[]>()
  for (const window of windows) {
    const scope = JSON.stringify(Object.entries(window.of).sort(([a], [b]) => (a < b ? -1 : 1)))
    byScope.set(scope, [...(byScope.get(scope) ?? []), window])
  }
  return [...byScope.values()].flatMap(disjointDays)
}

function disjointDays(windows: readonly Window[]): readonly Window[] {
  if (windows.length === 1) return windows
  // Between two neighbouring bounds every window holds all days or none.
  const bounds = [...new Set(windows.flatMap(({ from, to }) => [from, dayAfter(to)]))].sort()
  return bounds.slice(0, -1).flatMap((from, index) => {
    const holding = windows.filter((window) => window.from <= from && from <= window.to)
    const [latest] = holding.sort((a, b) => (a.readBefore < b.readBefore ? 1 : -1))
    return latest ? [{ ...latest, from, to: dayBefore(bounds[index + 1] ?? '') }] : []
  })
}

const dayAfter = (day: string) => shift(day, 1)
const dayBefore = (day: string) => shift(day, -1)
const shift = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
