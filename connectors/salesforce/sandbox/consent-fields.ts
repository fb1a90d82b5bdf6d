import { auditFields, datetime, idField, isDeleted, picklist, reference, text, type Field } from './field.ts'

const contactPoints = ['Email', 'MailingAddress', 'Phone', 'Social', 'Web']

/** Consent by kind of contact point; empty. https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contactpointtypeconsent.htm */
export const consentFields: readonly Field[] = [
  idField,
  reference('OwnerId', 'User', 'Owner', { nillable: false, defaultedOnCreate: true }),
  isDeleted,
  text('Name', 255, { nillable: false, nameField: true }),
  ...auditFields,
  picklist('ContactPointType', contactPoints, { restricted: true }),
  picklist('CaptureContactPointType', contactPoints, { restricted: true }),
  datetime('CaptureDate'),
  text('CaptureSource', 255),
  datetime('EffectiveFrom'),
  datetime('EffectiveTo'),
  datetime('DoubleConsentCaptureDate'),
  picklist('PrivacyConsentStatus', ['NotSeen', 'OptIn', 'OptOut', 'Seen'], { restricted: true }),
  text('Person_Id__c', 64, { externalId: true, unique: true, idLookup: true }),
]
