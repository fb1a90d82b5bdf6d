/**
 * Facebook's Graph API on 127.0.0.1, as far as ads are read: ad accounts and what is in them, and reports by asynchronous
 * runs. https://developers.facebook.com/docs/marketing-apis
 */
import { simulator } from 'millrace/sandbox'
import { coverage } from './sandbox/coverage.ts'
import { sandboxAppSecret, sandboxToken } from './sandbox/credentials.ts'
import { leftOut } from './sandbox/left-out.ts'
import { playDay } from './sandbox/move.ts'
import { sandboxAccounts, seedBusiness } from './sandbox/seed.ts'
import { serveRequests } from './sandbox/serve.ts'

export default simulator({
  name: 'facebook_ads',
  connection: ({ host, port }) => ({
    base_url: `http://${host}:${port}`,
    access_token: sandboxToken,
    app_secret: sandboxAppSecret,
    // Those of the vendor's own are not here.
    account_ids: sandboxAccounts.join(', '),
    poll_interval_ms: 10,
  }),
  seed: seedBusiness,
  move: playDay,
  serve: serveRequests,
  coverage,
  leftOut,
  faults: {
    job_failed:
      'reports fail: those of more than days days, or of more than campaigns campaigns; without these all of them',
    job_skipped: 'the same, skipped',
    slow_reports: 'reports take polls questions to be done',
    unseen_report:
      'a report that was started is not to be seen; with summary: true it is said to have been asked for otherwise',
    too_much_data: 'reports of more than rows rows are refused when they are started',
    too_much_page: 'pages of more than limit rows are refused',
    forbidden_account: 'an account (account, else all; edge, else everything of it) may not be read: code (200 or 10)',
    not_opted_in: 'reports by breakdowns that accounts have to opt in to are empty',
    view_only: 'the token may view an account (account, else all), and not what only those see who manage it',
    unlisted_account: 'an account (account, else all) is not in the list of those that the token sees',
    dead_field: 'a field (field) is not there any more',
    usage: 'the throttle headers say percent',
  },
})
