/** `02:30 does not exist on 2027-03-14 in America/New_York; runs at 03:00` */
export function describeGap(
  missingMs: readonly number[],
  { timezone, runsAtMs }: { readonly timezone: string; readonly runsAtMs: number },
): string {
  const day = dayOf(missingMs[0] ?? runsAtMs)
  const times =
    missingMs.length > mostNamed
      ? `${timeOf(missingMs[0] ?? 0)} to ${timeOf(missingMs.at(-1) ?? 0)}`
      : missingMs.map(timeOf).join(' and ')
  const runsAt = dayOf(runsAtMs) === day ? timeOf(runsAtMs) : `${dayOf(runsAtMs)} ${timeOf(runsAtMs)}`
  const verb = missingMs.length === 1 ? 'does' : 'do'
  const once = missingMs.length === 1 ? '' : ' once'
  return `${times} ${verb} not exist on ${day} in ${timezone}; runs${once} at ${runsAt}`
}

/** `01:30 comes twice on 2027-11-07 in America/New_York; runs at the first` */
export const describeFold = (
  wallMs: number,
  { timezone, runsAt }: { readonly timezone: string; readonly runsAt: string },
): string => `${timeOf(wallMs)} comes twice on ${dayOf(wallMs)} in ${timezone}; runs at ${runsAt}`

export const dayOf = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10)

/** `02:30`, with seconds only where they are not 0. */
export const timeOf = (wallMs: number): string =>
  new Date(wallMs).toISOString().slice(11, wallMs % 60_000 === 0 ? 16 : 19)

const mostNamed = 2
