import { leftOutFields } from './left-out-fields.ts'

/** Of the objects and endpoints that are here: what the vendor's description (v25.0) has beside them, and why it is not here. */
export const leftOut: { readonly [thing: string]: string } = {
  writes: 'every method but GET, and the POST that starts a report: the connector reads',
  'batch requests': 'the connector sends none: one request is one request, to the limiter and to the ledger',
  'synchronous insights': 'GET insights of an object: the connector reads reports by asynchronous runs alone',
  'unknown parameters': 'the vendor ignores most of them; here they are refused, so that a typing error is seen',
  ...leftOutFields,
  'nested fields': 'field expansion, as in creative{body}: the connector asks for none',
  'insights.date_preset': 'the connector gives a time_range; without one the last 30 days are meant, as at the vendor',
  'insights.time_increment': '1 and all_days only',
  'insights.filtering': 'ids and effective_status with IN and NOT_IN only',
  'insights.summary': 'not read',
  'insights.breakdowns': 'those of assets (objects as values), of conversion models and of SKAdNetwork',
  'paging.previous': 'the connector only goes on',
  'rate limits':
    'one count of 60,000 calls an hour, in wall-clock time; the vendor’s depends on the number of active ads, and on computing time',
  'webhooks, debug_token, permissions': 'not used',
}
