import {
  area,
  auditFields,
  boolean,
  currency,
  date,
  datetime,
  idField,
  isDeleted,
  picklist,
  reference,
  text,
  type Field,
} from './field.ts'

/** The org's own object: empty until somebody writes to it. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_custom_objects.htm */
export const subscriptionFields: readonly Field[] = [
  idField,
  reference('OwnerId', 'User', 'Owner', { nillable: false, defaultedOnCreate: true }),
  isDeleted,
  text('Name', 80, { nameField: true, defaultedOnCreate: true }),
  ...auditFields,
  text('Stripe_Id__c', 64, { externalId: true, unique: true, idLookup: true }),
  reference('Account__c', 'Account', 'Account__r', { nillable: false, updateable: false }),
  reference('Payer__c', 'Contact', 'Payer__r'),
  picklist('Status__c', ['trialing', 'active', 'past_due', 'canceled'], { restricted: true }),
  currency('Amount__c', 16, 2),
  date('Started_On__c'),
  datetime('Ends_At__c'),
  boolean('Cancels__c'),
  // Two of them, for a page of such rows is shorter.
  area('Terms__c', 32_000),
  area('Notes__c', 32_000),
]
