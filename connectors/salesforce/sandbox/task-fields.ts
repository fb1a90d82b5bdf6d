import { area, auditFields, boolean, date, idField, isDeleted, picklist, reference, text, type Field } from './field.ts'

/** Empty until somebody writes to it. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_task.htm */
export const taskFields: readonly Field[] = [
  idField,
  reference('WhoId', ['Contact', 'Lead'], 'Who'),
  reference('WhatId', ['Account', 'Opportunity', 'Subscription__c'], 'What'),
  text('Subject', 255),
  date('ActivityDate'),
  picklist('Status', ['Not Started', 'In Progress', 'Completed', 'Waiting on someone else', 'Deferred'], {
    nillable: false,
    defaultedOnCreate: true,
  }),
  picklist('Priority', ['High', 'Normal', 'Low'], { nillable: false, defaultedOnCreate: true }),
  reference('OwnerId', 'User', 'Owner', { nillable: false, defaultedOnCreate: true }),
  area('Description', 32_000),
  isDeleted,
  boolean('IsClosed', { createable: false, updateable: false }),
  ...auditFields,
  text('External_Id__c', 32, { externalId: true, unique: true, idLookup: true }),
]
