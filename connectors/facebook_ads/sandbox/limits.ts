import type { SimulatorContext } from 'millrace/sandbox'
import { refuseRate, type Refusal } from './refusal.ts'

export type Limits = {
  /** null: there is room. */
  readonly take: () => Refusal | null
  readonly headers: () => { readonly [name: string]: string }
}

/**
 * An hour's calls, in wall-clock time, since the sandbox's clock stands still.
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function createLimits({ fault }: SimulatorContext, callsPerHour = 60_000): Limits {
  let hour = 0
  let calls = 0
  const percent = () => {
    const said = fault('usage')?.['percent']
    return typeof said === 'number' ? said : Math.floor((100 * calls) / callsPerHour)
  }
  return {
    take() {
      const now = Math.floor(performance.now() / 3_600_000)
      calls = now === hour ? calls + 1 : 1
      hour = now
      const limited = fault('rate_limit')
      if (!limited && calls <= callsPerHour) return null
      const minutes = Number(limited?.['regain_minutes'] ?? (limited?.['regain_seconds'] === undefined ? 1 : 0))
      const seconds = Number(limited?.['regain_seconds'] ?? 0)
      return refuseRate(Number(limited?.['code'] ?? 80_004), {
        'x-business-use-case-usage': usage('ads_management', { percent: 100, minutes }),
        'x-ad-account-usage': JSON.stringify({
          acc_id_util_pct: 100,
          reset_time_duration: seconds,
          ads_api_access_tier: 'standard_access',
        }),
      })
    },
    headers: () => ({
      'x-business-use-case-usage': usage('ads_insights', { percent: percent(), minutes: 0 }),
      'x-app-usage': JSON.stringify({ call_count: 1, total_cputime: 0, total_time: 1 }),
      'x-ad-account-usage': JSON.stringify({
        acc_id_util_pct: 1.5,
        reset_time_duration: 300,
        ads_api_access_tier: 'standard_access',
      }),
      'x-fb-ads-insights-throttle': JSON.stringify({
        app_id_util_pct: 0.5,
        acc_id_util_pct: 1,
        ads_api_access_tier: 'standard_access',
      }),
    }),
  }
}

const usage = (type: string, { percent, minutes }: { readonly percent: number; readonly minutes: number }) =>
  JSON.stringify({
    104500000000002: [
      {
        type,
        call_count: percent,
        total_cputime: 1,
        total_time: 1,
        estimated_time_to_regain_access: minutes,
        ads_api_access_tier: 'standard_access',
      },
    ],
  })
