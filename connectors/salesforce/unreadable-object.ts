/**
 * Why an object that Salesforce lists as queryable is no stream; null: it may be one. By name, before anything is asked.
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/big_object_querying.htm
 * https://developer.salesforce.com/docs/atlas.en-us.securityImplGuide.meta/securityImplGuide/real_time_event_monitoring_storage.htm
 * https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/reference_objects_soql_limits.htm
 */
export function whyUnreadable(name: string): string | null {
  if (name.endsWith('__b') || bigObjects.has(name))
    return 'it is a big object: a query can filter it by its own index alone, and its records have no Id'
  if (catalogue.has(name))
    return 'it is of the metadata catalogue: Salesforce neither counts nor pages it, and its records have no Id'
  return null
}

/** Salesforce's own. What else Event Monitoring stores (`ApiAnomalyEventStore` and its like) are objects as others are. */
const bigObjects: ReadonlySet<string> = new Set([
  'ApiEvent',
  'BulkApiResultEventStore',
  'FieldHistoryArchive',
  'FileEventStore',
  'IdentityProviderEventStore',
  'IdentityVerificationEvent',
  'LightningUriEvent',
  'ListViewEvent',
  'LoginAsEvent',
  'LoginEvent',
  'LogoutEvent',
  'PermissionSetEventStore',
  'ReportEvent',
  'UriEvent',
])

const catalogue: ReadonlySet<string> = new Set([
  'CompactLayoutInfo',
  'CompactLayoutItemInfo',
  'DataType',
  'EntityDefinition',
  'EntityLimit',
  'EntityParticle',
  'FieldDefinition',
  'Publisher',
  'RelationshipDomain',
  'RelationshipInfo',
  'SearchLayout',
  'ServiceFieldDataType',
  'StandardAction',
  'UserEntityAccess',
  'UserFieldAccess',
])
