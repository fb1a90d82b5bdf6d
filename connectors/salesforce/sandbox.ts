import { simulator } from 'millrace/sandbox'
import { coverage } from './sandbox/coverage.ts'
import { leftOut } from './sandbox/left-out.ts'
import { playDay } from './sandbox/move.ts'
import { seedOrg } from './sandbox/seed.ts'
import { serveRequests } from './sandbox/serve.ts'
import { clientId, clientSecret } from './sandbox/session.ts'

const count = { least: 0, isWhole: true } as const

/** A Salesforce org with its REST API. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/ */
export default simulator({
  name: 'salesforce',
  connection: ({ host, port }) => ({
    login_url: `http://${host}:${port}`,
    client_id: clientId,
    client_secret: clientSecret,
    // Whatever other way the connection signs in elsewhere.
    sign_in: 'client',
  }),
  seed: seedOrg,
  move: playDay,
  serve: serveRequests,
  faults: {
    purge_deleted: 'the recycle bin has been emptied: deleted rows are in no query any more',
    daily_limit: 'the day’s API requests are used up (403 REQUEST_LIMIT_EXCEEDED)',
    near_limit: 'Sforce-Limit-Info says that 85 % of the day’s requests are used',
    small_limit: { does: 'the day has `requests` API requests only', keys: { requests: count }, needs: ['requests'] },
    short_pages: {
      does: 'a page of a query has `rows` rows at most, whatever was asked for',
      keys: { rows: { least: 1, isWhole: true } },
      needs: ['rows'],
    },
    hide_setup: 'the user may not view the setup: to him there is no FieldDefinition and no EntityDefinition',
    rotate_refresh: 'each sign-in gives another refresh token',
    no_bulk: 'the user may not use the Bulk API (FEATURENOTENABLED)',
    query_job_limit: 'the day’s query jobs are used up (LIMIT_EXCEEDED)',
    bulk_query_in_progress: 'a query job stays InProgress; it goes on when the fault is off',
    bulk_query_fails: { does: 'a query job fails: `message`', keys: { message: 'text' } },
    bulk_query_aborted: 'somebody aborts a query job',
    bulk_results_expire: 'a query job’s results are no more there (204)',
    half_results: 'a page of results ends in its middle, between two rows',
    repeat_page: 'a page of results is the one before, once more',
    skip_page: 'the locator leaves a page of results out',
    refuse_refresh: 'the token endpoint refuses the client',
    server_unavailable: '503 SERVER_UNAVAILABLE',
    lock_rows: 'every row of a write is locked by somebody else (UNABLE_TO_LOCK_ROW)',
    refuse_rows: {
      does: 'every row breaks a rule of the org: `code` (FIELD_CUSTOM_VALIDATION_EXCEPTION), `message`',
      keys: { code: 'text', message: 'text' },
    },
    bulk_in_progress: 'an ingest job stays InProgress; it goes on when the fault is off',
    bulk_fails: {
      does: 'an ingest job fails after `rows` rows (half of them), the others are not processed',
      keys: { rows: count },
    },
    bulk_aborted: { does: 'somebody aborts an ingest job after `rows` rows (half of them)', keys: { rows: count } },
  },
  coverage,
  leftOut,
})
