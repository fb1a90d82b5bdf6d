import {
  area,
  auditFields,
  boolean,
  datetime,
  idField,
  integer,
  isDeleted,
  picklist,
  readOnly,
  reference,
  text,
  type Field,
} from './field.ts'

/** Not for the Bulk API. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_taskstatus.htm */
export const taskStatusFields: readonly Field[] = [
  idField,
  text('MasterLabel', 255, { ...readOnly, nameField: true }),
  text('ApiName', 255, { ...readOnly, nillable: false }),
  integer('SortOrder', readOnly),
  boolean('IsDefault', readOnly),
  boolean('IsClosed', readOnly),
  ...auditFields,
]

/** Answers for one document or one record at a time. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm */
export const contentDocumentLinkFields: readonly Field[] = [
  idField,
  reference('LinkedEntityId', ['Account', 'Opportunity', 'User'], 'LinkedEntity', { nillable: false }),
  reference('ContentDocumentId', 'ContentDocument', 'ContentDocument', { nillable: false }),
  isDeleted,
  datetime('SystemModstamp', { ...readOnly, nillable: false }),
  picklist('ShareType', ['V', 'C', 'I'], { length: 40, restricted: true }),
  picklist('Visibility', ['AllUsers', 'InternalUsers', 'SharedUsers'], { length: 40, restricted: true }),
]

/** The org's own object with more fields than a query in a URL has room for; empty until somebody writes to it. */
export const surveyFields: readonly Field[] = [
  idField,
  reference('OwnerId', 'User', 'Owner', { nillable: false, defaultedOnCreate: true }),
  isDeleted,
  text('Name', 80, { nameField: true, defaultedOnCreate: true }),
  ...auditFields,
  text('External_Id__c', 32, { externalId: true, unique: true, idLookup: true }),
  // As long as they may be, and more than one record of a job may hold.
  ...['One', 'Two', 'Three', 'Four'].map((name) => area(`Essay_${name}__c`, 131_072)),
  ...Array.from({ length: 450 }, (_, index) =>
    text(`Answer_${String(index + 1).padStart(3, '0')}_of_the_yearly_survey__c`, 255),
  ),
]
