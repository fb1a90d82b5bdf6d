import type { JsonObject } from 'millrace'
import { sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import googleAds from '../../connectors/google_ads/index.ts'
import simulator from '../../connectors/google_ads/sandbox.ts'

/** An account that was cancelled cannot be asked. */
const isOpen = (record: JsonObject) => record['customer.id'] !== '1110000004'

sourceKit({
  describe,
  it,
  connector: googleAds,
  simulator,
  keys: {
    rate_per_second: 1000,
    queries: {
      search_terms:
        'SELECT search_term_view.search_term, campaign.id, metrics.cost_micros, metrics.clicks FROM search_term_view',
    },
  },
  streams: [
    // The vendor tells of no entity when it was changed: every scan lists them all.
    { name: 'customer', isAlwaysFull: true, heldAs: { only: isOpen } },
    { name: 'campaign', isAlwaysFull: true },
    { name: 'ad_group', isAlwaysFull: true },
    { name: 'ad_group_ad', isAlwaysFull: true },
    { name: 'keyword', isAlwaysFull: true, heldAs: { type: 'ad_group_criterion' } },
    { name: 'label', isAlwaysFull: true, heldAs: { only: isOpen } },
    'customer_performance',
    'campaign_performance',
    'ad_group_performance',
    'ad_performance',
    'keyword_performance',
    'click_view',
    { name: 'search_terms', heldAs: { type: 'search_term_performance' } },
  ],
})
