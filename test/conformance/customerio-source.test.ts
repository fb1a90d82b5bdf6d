import { sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import customerio from '../../connectors/customerio/index.ts'
import { sandboxCredentials } from '../../connectors/customerio/sandbox/credentials.ts'
import simulator from '../../connectors/customerio/sandbox.ts'

sourceKit({
  describe,
  it,
  connector: customerio,
  simulator,
  // Small pages, so that there are checkpoints; the App API's ten requests a second are waited for.
  keys: { rate_per_second: 1000, app_api_key: sandboxCredentials.appKey, page_rows: 20, poll_interval_ms: 5 },
  streams: [
    // Listed or exported whole at every scan. A CSV has texts only, and nothing for an object that is empty.
    {
      name: 'people',
      isAlwaysFull: true,
      heldAs: { type: 'person', except: ['attributes', 'cio_subscription_preferences'] },
    },
    { name: 'segments', isAlwaysFull: true },
    { name: 'segment_membership', isAlwaysFull: true },
    { name: 'campaigns', isAlwaysFull: true },
    { name: 'campaign_actions', isAlwaysFull: true },
    { name: 'newsletter_contents', isAlwaysFull: true },
    // Drafts are not listed unless they are asked for.
    { name: 'deliveries', heldAs: { only: ({ metrics }) => !Object.hasOwn(Object(metrics), 'drafted') } },
    'activities',
  ],
})
