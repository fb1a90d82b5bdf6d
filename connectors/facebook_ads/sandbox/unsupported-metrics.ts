import { refuseParameter, type Refusal } from './refusal.ts'

/**
 * Metrics that are refused with a breakdown. The vendor documents that they are, and not in which words.
 * https://developers.facebook.com/docs/marketing-api/insights/breakdowns
 */
export function refuseMetrics(fields: readonly string[], breakdowns: readonly string[]): Refusal | null {
  for (const breakdown of breakdowns) {
    const odd = fields.find((field) => isUnsupported(field, breakdown))
    if (odd !== undefined) return refuseParameter(`${odd} cannot be requested with the breakdown ${breakdown}`)
  }
  return null
}

function isUnsupported(field: string, breakdown: string): boolean {
  if (isHourly(breakdown)) return /^(video_|unique_)/.test(field) || field === 'full_view_reach'
  return unsupported[breakdown]?.includes(field) ?? false
}

/** Reach and frequency are taken by hours, too, and answered with 0. */
export const isHourly = (breakdown: string): boolean => breakdown.startsWith('hourly_stats_')

const unsupported: { readonly [breakdown: string]: readonly string[] } = {
  region: [
    'video_avg_time_watched_actions',
    'video_p25_watched_actions',
    'video_p50_watched_actions',
    'video_p75_watched_actions',
    'video_p95_watched_actions',
    'video_p100_watched_actions',
  ],
  dma: ['video_thruplay_watched_actions'],
}
