import type { Day, SimulatorContext } from 'millrace/sandbox'
import { writeDays } from './daily.ts'

/** A day in the accounts: rows of the new day, the last two weeks restated, and what somebody edits. */
export function playDay(context: SimulatorContext, day: Day): void {
  const { store } = context
  const campaigns = [...store.all('campaign')]
  const [resource, campaign] = campaigns[day.number % campaigns.length] ?? []
  if (resource && campaign) {
    const isPaused = campaign['campaign.status'] === 'PAUSED'
    store.put('campaign', resource, {
      ...campaign,
      'campaign.status': isPaused ? 'ENABLED' : 'PAUSED',
      'campaign.primary_status': isPaused ? 'ELIGIBLE' : 'PAUSED',
      'campaign.primary_status_reasons': isPaused ? [] : ['CAMPAIGN_PAUSED'],
    })
  }
  const keywords = [...store.all('ad_group_criterion')].filter(
    ([, row]) => row['ad_group_criterion.status'] === 'ENABLED',
  )
  const [keyword, row] = keywords[(day.number * 7) % keywords.length] ?? []
  // It stays listed, with the status.
  if (keyword && row) store.put('ad_group_criterion', keyword, { ...row, 'ad_group_criterion.status': 'REMOVED' })
  writeDays(context)
}
