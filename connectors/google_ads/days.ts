/** Days as the vendor writes them (YYYY-MM-DD), of the accounts' own calendars: of no time zone here. */

export const dayOf = (instant: string): string => new Date(instant).toISOString().slice(0, 10)

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)

/** The last day that begins (at midnight, taken as UTC) before an instant. */
export const lastDayBefore = (instant: string): string => dayOf(new Date(Date.parse(instant) - 1).toISOString())

export const laterOf = (a: string, b: string): string => (a > b ? a : b)

export type DayRange = { readonly from: string; readonly to: string }

/** Newest first, of so many days each. */
export function* cutDays({ from, to }: DayRange, days: number): Generator<DayRange> {
  for (let last = to; last >= from; last = addDays(last, -days))
    yield { from: laterOf(from, addDays(last, 1 - days)), to: last }
}
