import type { SimulatorContext } from 'millrace/sandbox'

/** What the org has used of a day, and what a day has. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm */

/** Counted by the day, refusals too. */
export function countRequest(context: SimulatorContext): { readonly used: number; readonly limit: number } {
  const limit = Number(context.fault('small_limit')?.['requests'] ?? dailyRequests)
  const used = context.store.next(`api requests ${dayOf(context)}`)
  return { used: context.fault('near_limit') ? Math.round(limit * 0.85) : used, limit }
}

export const dailyQueryJobs = (context: SimulatorContext): number =>
  Number(context.store.get('daily', `query jobs ${dayOf(context)}`)?.['count'] ?? 0)

export function countQueryJob(context: SimulatorContext): void {
  context.store.put('daily', `query jobs ${dayOf(context)}`, { count: dailyQueryJobs(context) + 1 })
}

export const limitsOf = (
  context: SimulatorContext,
  { used, limit }: { readonly used: number; readonly limit: number },
) => ({
  DailyApiRequests: { Max: limit, Remaining: Math.max(0, limit - used) },
  DailyBulkApiBatches: { Max: 15_000, Remaining: 15_000 },
  DailyBulkV2QueryFileStorageMB: { Max: 976_562, Remaining: 976_562 },
  DailyBulkV2QueryJobs: { Max: maxQueryJobs, Remaining: Math.max(0, maxQueryJobs - dailyQueryJobs(context)) },
})

const dayOf = (context: SimulatorContext) => context.now().toISOString().slice(0, 10)

const dailyRequests = 100_000
/** https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm */
export const maxQueryJobs = 10_000
