/** Of the API that is here: what the vendor's description (v25) has beside it, and why it is not here. */
export const leftOut: { readonly [thing: string]: string } = {
  writes: 'every mutate: the connector reads',
  'googleAds:searchStream': 'one answer of any length, without page tokens: the connector reads pages',
  gRPC: 'the connector speaks REST',
  'other versions': 'only v25, the SDK’s',
  'other resources': 'twelve of 187; a query of another one is refused as an unknown resource',
  'other fields':
    'of each resource those that the connector’s own streams select, and a few more; others are refused as unknown',
  'other metrics': 'nine of 340',
  'other values of enumerations': 'those that nothing here has; in a condition they are refused as BAD_ENUM_CONSTANT',
  'other segments':
    'segments.date, device, ad_network_type and conversion_action_name of 146; of the last three one value each',
  'GAQL: PARAMETERS, REGEXP_MATCH': 'refused as unexpected input',
  'GAQL: DURING': 'taken, and matched with nothing',
  'GAQL: OR': 'not in the language',
  'summary rows': 'returnSummaryRow is taken and does nothing',
  'quota of operations': 'no limit but the faults rate_limit and quota',
  'access tokens': 'do not expire by time, only by the fault expire_tokens',
  'linked-customer-id': 'ignored',
  'requests of the same customer by several managers': 'one user with access to one manager',
}
