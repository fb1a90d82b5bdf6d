import { datetime, idField, readOnly, system, text, type Field } from './field.ts'

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
