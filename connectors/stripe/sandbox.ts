import { simulator } from 'millrace/sandbox'
import { coverage } from './sandbox/coverage.ts'
import { leftOut } from './sandbox/left-out.ts'
import { playDay } from './sandbox/move.ts'
import { ratesPerSecond } from './sandbox/rate-limit.ts'
import { seedAccount } from './sandbox/seed.ts'
import { sandboxKey, serveRequests } from './sandbox/serve.ts'

/** Stripe, as far as the connector reads it. https://docs.stripe.com/api */
export default simulator({
  name: 'stripe',
  connection: ({ host, port }) => ({
    base_url: `http://${host}:${port}`,
    api_key: sandboxKey,
    rate_per_second: ratesPerSecond.account,
    rate_per_endpoint: ratesPerSecond.endpoint,
  }),
  seed: seedAccount,
  move: playDay,
  serve: serveRequests,
  faults: {
    // A key of the API does not expire.
    expire_tokens: null,
    emptied: {
      does: 'lists have lost what was in them, though nobody deleted it: keep (0, the part that is left)',
      keys: { keep: { least: 0, most: 1 } },
    },
    account_revoked: {
      does: 'a connected account is still listed, and refuses: account (its id)',
      keys: { account: 'text' },
      needs: ['account'],
    },
  },
  coverage,
  leftOut,
})
