/**
 * Facebook's Graph API on 127.0.0.1, as far as ads are read: ad accounts and what is in them, and reports by asynchronous
 * runs. https://developers.facebook.com/docs/marketing-apis
 */
import { simulator } from 'millrace/sandbox'
import { coverage } from './sandbox/coverage.ts'
import { sandboxAppSecret, sandboxToken } from './sandbox/credentials.ts'
import { leftOut } from './sandbox/left-out.ts'
import { playDay } from './sandbox/move.ts'
import { seedBusiness } from './sandbox/seed.ts'
import { serveRequests } from './sandbox/serve.ts'

const count = { least: 0, isWhole: true } as const
const sizes = { days: count, campaigns: count }

export default simulator({
  name: 'facebook_ads',
  connection: ({ host, port }) => ({
    base_url: `http://${host}:${port}`,
    access_token: sandboxToken,
    app_secret: sandboxAppSecret,
    // Those of the vendor's own are not here. Not by their names: what the token no longer sees is to be tried, too.
    account_ids: 'all',
    poll_interval_ms: 10,
  }),
  seed: seedBusiness,
  move: playDay,
  serve: serveRequests,
  coverage,
  leftOut,
  faults: {
    rate_limit: {
      does: 'the vendor’s own refusal for too many calls: code (80004), regain_minutes (1), regain_seconds',
      keys: { code: { least: 1, isWhole: true }, regain_minutes: { least: 0 }, regain_seconds: { least: 0 } },
    },
    job_failed: {
      does: 'reports fail: those of more than days days, or of more than campaigns campaigns; without these all of them',
      keys: sizes,
    },
    job_skipped: { does: 'the same, skipped: days, campaigns', keys: sizes },
    slow_reports: { does: 'reports take polls questions to be done', keys: { polls: count }, needs: ['polls'] },
    unseen_report: {
      does: 'a report that was started is not to be seen; with summary: true it is said to have been asked for otherwise',
      keys: { summary: 'flag' },
    },
    too_much_data: {
      does: 'reports of more than rows rows are refused when they are started',
      keys: { rows: count },
      needs: ['rows'],
    },
    too_much_page: {
      does: 'pages of more than limit rows are refused, of lists of more than rows rows (else all), in the words of message',
      keys: { limit: count, rows: count, message: 'text' },
      needs: ['limit'],
    },
    forbidden_account: {
      does: 'an account (account, else all; edge, else everything of it) may not be read: code (200 or 10)',
      keys: { account: 'text', edge: 'text', code: { oneOf: [200, 10] } },
    },
    not_opted_in: 'reports by breakdowns that accounts have to opt in to are empty',
    view_only: {
      does: 'the token may view an account (account, else all), and not what only those see who manage it',
      keys: { account: 'text' },
    },
    unlisted_account: {
      does: 'an account (account, else all) is not in the list of those that the token sees',
      keys: { account: 'text' },
    },
    dead_field: { does: 'a field (field) is not there any more', keys: { field: 'text' }, needs: ['field'] },
    usage: { does: 'the throttle headers say percent', keys: { percent: count }, needs: ['percent'] },
  },
})
