/** How much of a limit is used up, as the vendor's headers say. https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
export type Usage = {
  /** Of the limit that is used up the most. */
  readonly percent: number
  /** Whose limit: `ads_insights of 123`. */
  readonly what: string
  /** Until calls are taken again; 0: they are taken now, or it does not say. */
  readonly regainMs: number
}

/** The worst of all four headers. null: none of them came. */
export function readUsage(header: (name: string) => string | null): Usage | null {
  const found = [
    ...byBusiness(parse(header('x-business-use-case-usage'))),
    ...each(parse(header('x-app-usage')), 'the app'),
    ...each(parse(header('x-ad-account-usage')), 'the ad account'),
    ...each(parse(header('x-fb-ads-insights-throttle')), 'insights'),
  ]
  if (found.length === 0) return null
  const worst = found.reduce((most, usage) => (usage.percent > most.percent ? usage : most))
  return { ...worst, regainMs: Math.max(...found.map((usage) => usage.regainMs)) }
}

/**
 * A pause before the next request, so that the limit is not reached: nothing below three quarters, then more and more, a
 * minute at the brim. Windows are of an hour and roll, so that every pause gives something back.
 */
export function pauseMs({ percent, regainMs }: Usage): number {
  const over = Math.min(1, Math.max(0, (percent - easyPercent) / (100 - easyPercent)))
  return Math.max(regainMs > longestPauseMs ? 0 : regainMs, Math.round(over * over * longestPauseMs))
}

function byBusiness(value: unknown): readonly Usage[] {
  return Object.entries(asObject(value)).flatMap(([id, limits]) =>
    (Array.isArray(limits) ? limits : []).flatMap((limit: unknown) =>
      each(limit, `${String(asObject(limit)['type'] ?? 'calls')} of ${id}`),
    ),
  )
}

function each(value: unknown, what: string): readonly Usage[] {
  const limit = asObject(value)
  const percents = percentNames.flatMap((name) => (typeof limit[name] === 'number' ? [limit[name]] : []))
  if (percents.length === 0) return []
  const minutes = Number(limit['estimated_time_to_regain_access'] ?? 0)
  const percent = Math.max(...percents)
  // The account's window: its length is told always, and matters when it is full.
  const seconds = percent >= 100 ? Number(limit['reset_time_duration'] ?? 0) : 0
  return [{ percent, what, regainMs: Math.max(minutes * 60_000, seconds * 1000) || 0 }]
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    // A header that is not what it documents says nothing.
    return null
  }
}

const asObject = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const percentNames = ['call_count', 'total_cputime', 'total_time', 'acc_id_util_pct', 'app_id_util_pct'] as const
const easyPercent = 75
const longestPauseMs = 60_000
