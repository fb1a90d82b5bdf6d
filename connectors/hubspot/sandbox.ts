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
    bad_items:
      'refuses rows of a batch: ids (a list of the ids or values that they are sent with), or every (each n-th row of the batch)',
    all_or_nothing: 'one bad row has its whole batch refused with a 400, as without objectWriteTraceId',
    unnamed_errors: 'the errors of a batch do not say which row they are about',
    empty_results: 'a 200 with no results and no errors: nothing was done, or with applied: true everything',
    locked: '423: too much was written at once',
    gateway_timeout: '504 after everything was done',
    missing_scopes: 'the token lacks scopes: scopes (a list)',
    data_privacy: 'the account demands a legal basis and its explanation for a subscription',
  },
})
