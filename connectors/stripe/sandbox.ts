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
    emptied: 'lists have lost what was in them, though nobody deleted it: keep (0, the part that is left)',
    account_revoked: 'a connected account is still listed, and refuses: account (its id)',
  },
  coverage,
  leftOut,
})
