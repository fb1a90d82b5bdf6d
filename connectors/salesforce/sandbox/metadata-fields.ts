import { datetime, idField, readOnly, reference, system, text, type Field } from './field.ts'

/** What every type of custom metadata has, and a value. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_custom_metadata_type__mdt.htm */
export const salesRegionFields: readonly Field[] = [
  idField,
  text('DeveloperName', 40, { ...readOnly, nillable: false }),
  text('MasterLabel', 40, { ...readOnly, nillable: false }),
  text('Label', 40, readOnly),
  text('QualifiedApiName', 70, { ...readOnly, nillable: false }),
  datetime('SystemModstamp', system),
  text('Countries__c', 255, readOnly),
]

/** A big object: empty, and offered all the same. https://developer.salesforce.com/docs/atlas.en-us.bigobjects.meta/bigobjects/big_object.htm */
export const visitFields: readonly Field[] = [
  idField,
  datetime('CreatedDate', system),
  datetime('SystemModstamp', system),
  text('Visitor__c', 40, { nillable: false }),
  datetime('At__c', { nillable: false }),
]

/** One of Salesforce's own. https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/sforce_api_objects_logoutevent.htm */
export const logoutEventFields: readonly Field[] = [
  idField,
  datetime('CreatedDate', { ...system, filterable: false }),
  datetime('EventDate', system),
  text('EventIdentifier', 36, { ...readOnly, nillable: false }),
  text('LoginKey', 24, { ...readOnly, filterable: false }),
  text('RelatedEventIdentifier', 36, { ...readOnly, filterable: false }),
  text('SessionKey', 24, { ...readOnly, filterable: false }),
  text('SessionLevel', 40, { ...readOnly, filterable: false }),
  text('SourceIp', 39, { ...readOnly, filterable: false }),
  reference('UserId', 'User', 'User', { ...readOnly, filterable: false }),
  text('Username', 80, { ...readOnly, filterable: false }),
]
