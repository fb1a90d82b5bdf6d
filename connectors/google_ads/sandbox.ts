/**
 * Google Ads on 127.0.0.1: the token endpoint, accounts below a manager, field metadata, and rows by GAQL.
 * https://developers.google.com/google-ads/api/rest/overview
 */
import { simulator } from 'millrace/sandbox'
import { coverage } from './sandbox/coverage.ts'
import { credentials, rootManager } from './sandbox/credentials.ts'
import { leftOut } from './sandbox/left-out.ts'
import { playDay } from './sandbox/move.ts'
import { seedAccounts } from './sandbox/seed.ts'
import { serveRequests } from './sandbox/serve.ts'

export default simulator({
  name: 'google_ads',
  connection: ({ host, port }) => ({
    base_url: `http://${host}:${port}`,
    token_url: `http://${host}:${port}/token`,
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
    customer_ids: rootManager,
    rate_per_second: 100,
  }),
  seed: seedAccounts,
  move: playDay,
  serve: serveRequests,
  coverage,
  leftOut,
  faults: {
    rate_limit: {
      does: 'the vendor’s own refusal for too many requests: retry_after (seconds)',
      keys: { retry_after: { least: 0 } },
    },
    page_rows: {
      does: 'pages are of so many rows: rows',
      keys: { rows: { least: 1, isWhole: true } },
      needs: ['rows'],
    },
    expire_pages: 'a page token is no longer good',
    loop_pages: 'a page names itself as the next one',
    miscount: {
      does: 'the total is not the number of rows: by',
      keys: { by: { least: -1e9, isWhole: true } },
      needs: ['by'],
    },
    quota: 'the operations of a day are used up',
    transient: 'a TRANSIENT_ERROR',
    deadline: 'DEADLINE_EXCEEDED',
    not_enabled: { does: 'an account is not enabled: customer', keys: { customer: 'text' }, needs: ['customer'] },
    revoked: 'the refresh token is revoked',
    test_access: 'the Cloud project may read test accounts only',
  },
})
