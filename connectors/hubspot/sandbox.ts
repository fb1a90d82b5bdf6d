/**
 * HubSpot on 127.0.0.1: the CRM's batch endpoints, properties, default associations, subscription statuses.
 * https://developers.hubspot.com/docs/api-reference/overview
 */
import { simulator } from 'millrace/sandbox'
import { coverage } from './sandbox/coverage.ts'
import { sandboxToken } from './sandbox/credentials.ts'
import { leftOut } from './sandbox/left-out.ts'
import { serveRequests } from './sandbox/serve.ts'
import { playDay, seedPortal } from './sandbox/story.ts'

export default simulator({
  name: 'hubspot',
  connection: ({ host, port }) => ({ access_token: sandboxToken, base_url: `http://${host}:${port}` }),
  seed: seedPortal,
  move: playDay,
  serve: serveRequests,
  coverage,
  leftOut,
  faults: {
    rate_limit: {
      does: 'the vendor’s own refusal for too many requests: policy (TEN_SECONDLY_ROLLING), interval_ms (10000), retry_after (seconds)',
      keys: {
        policy: { oneOf: ['TEN_SECONDLY_ROLLING', 'DAILY'] },
        interval_ms: { least: 0 },
        retry_after: { least: 0 },
      },
    },
    bad_items: {
      does: 'refuses rows of a batch: ids (a list of the ids or values that they are sent with), or every (each n-th row of the batch)',
      keys: { ids: 'list', every: { least: 1, isWhole: true } },
      needs: ['ids', 'every'],
    },
    all_or_nothing: 'one bad row has its whole batch refused with a 400, as without objectWriteTraceId',
    unnamed_errors: 'the errors of a batch do not say which row they are about',
    empty_results: {
      does: 'a 200 with no results and no errors: nothing was done, or with applied: true everything; keep: everything was done, and so many results are given',
      keys: { applied: 'flag', keep: { least: 1, isWhole: true } },
    },
    locked: '423: too much was written at once',
    gateway_timeout: '504 after everything was done',
    missing_scopes: { does: 'the token lacks scopes: scopes (a list)', keys: { scopes: 'list' }, needs: ['scopes'] },
    data_privacy: 'the account demands a legal basis and its explanation for a subscription',
  },
})
