import type { JsonObject } from 'millrace'
import { sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import facebookAds from '../../connectors/facebook_ads/index.ts'
import simulator from '../../connectors/facebook_ads/sandbox.ts'

sourceKit({
  describe,
  it,
  connector: facebookAds,
  simulator,
  streams: [
    // Listed whole at every scan: the vendor has no feed of changes.
    { name: 'ad_accounts', isAlwaysFull: true },
    { name: 'campaigns', isAlwaysFull: true, heldAs: { only: isListed } },
    { name: 'adsets', isAlwaysFull: true, heldAs: { only: isListed } },
    { name: 'ads', isAlwaysFull: true, heldAs: { only: isListed } },
    { name: 'creatives', isAlwaysFull: true },
    { name: 'custom_audiences', isAlwaysFull: true },
    'account_insights',
    'campaign_insights',
    'ad_insights',
    'account_insights_by_placement',
  ],
})

/** Deleted ones are in no list. */
function isListed({ effective_status: status }: JsonObject): boolean {
  return status !== 'DELETED'
}
