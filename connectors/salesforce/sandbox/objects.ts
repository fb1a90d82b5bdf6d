import { accountFields } from './account-fields.ts'
import { consentFields } from './consent-fields.ts'
import { contactFields } from './contact-fields.ts'
import {
  anyType,
  auditFields,
  boolean,
  datetime,
  idField,
  isDeleted,
  picklist,
  readOnly,
  reference,
  system,
  text,
  type Field,
} from './field.ts'
import { entityDefinitionFields, fieldDefinitionFields } from './definition-fields.ts'
import { leadFields } from './lead-fields.ts'
import { opportunityFields } from './opportunity-fields.ts'
import { logoutEventFields, salesRegionFields, visitFields } from './metadata-fields.ts'
import { contentDocumentLinkFields, surveyFields, taskStatusFields } from './setup-fields.ts'
import { subscriptionFields } from './subscription-fields.ts'
import { taskFields } from './task-fields.ts'
import { userFields } from './user-fields.ts'

/** The org's objects: what describe says, what SOQL may ask, what a write may touch. */
export type ObjectType = {
  readonly name: string
  readonly keyPrefix: string | null
  readonly fields: readonly Field[]
  readonly writable: boolean
  /** The object whose field history this is, and this object's field that points at it. */
  readonly historyOf: { readonly object: string; readonly parentField: string } | null
  /** One of the org's definitions: `tooling/query` answers for these alone, and describe knows them not. */
  readonly tooling: boolean
  /** The Bulk API takes it. */
  readonly bulk: boolean
  /** Of a big object: what its queries may filter by, from the first on. */
  readonly index: readonly string[] | null
  /** A query must name the records by one of these fields. */
  readonly demands: readonly string[] | null
}

export function findObject(name: string): ObjectType | undefined {
  return byName.get(name.toLowerCase())
}

export function findField(object: ObjectType, name: string): Field | undefined {
  let names = fieldsByName.get(object.name)
  if (!names) fieldsByName.set(object.name, (names = new Map(object.fields.map((f) => [f.name.toLowerCase(), f]))))
  return names.get(name.toLowerCase())
}

/** One that a request has been held against already. */
export function requireField(object: ObjectType, name: string): Field {
  const field = findField(object, name)
  if (!field) throw new TypeError(`${object.name} has no field ${name}`)
  return field
}

export const historyObjectOf = (object: string): ObjectType | undefined =>
  objects.find((candidate) => candidate.historyOf?.object === object)

/** https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_associated_objects_history.htm */
function history(name: string, keyPrefix: string, parent: string, parentFields: readonly Field[]): ObjectType {
  const names = parentFields.filter((f) => f.tracked).map((f) => historyName(f))
  return object(
    name,
    keyPrefix,
    [
      idField,
      isDeleted,
      reference(`${parent}Id`, parent, parent, { ...readOnly, nillable: false }),
      reference('CreatedById', 'User', 'CreatedBy', system),
      datetime('CreatedDate', system),
      picklist(
        'Field',
        ['created', 'feedEvent', 'leadConverted', 'ownerAccepted', 'ownerAssignment', 'locked', 'unlocked', ...names],
        {
          ...readOnly,
          nillable: false,
          restricted: true,
        },
      ),
      picklist('DataType', dataTypes, { ...readOnly, length: 40, restricted: true }),
      anyType('OldValue'),
      anyType('NewValue'),
    ],
    { writable: false, historyOf: { object: parent, parentField: `${parent}Id` } },
  )
}

/** How the history spells a field: standard lookups by their relationship (`Owner`), all others by their own name. */
export const historyName = (tracked: Field): string =>
  tracked.type === 'reference' && !tracked.name.endsWith('__c')
    ? (tracked.relationshipName ?? tracked.name)
    : tracked.name

function object(
  name: string,
  keyPrefix: string | null,
  fields: readonly Field[],
  extra: Partial<ObjectType> = {},
): ObjectType {
  return {
    name,
    keyPrefix,
    fields,
    writable: true,
    historyOf: null,
    tooling: false,
    bulk: true,
    index: null,
    demands: null,
    ...extra,
  }
}

const dataTypes = [
  'Text',
  'EntityId',
  'DynamicEnum',
  'Boolean',
  'Currency',
  'DateOnly',
  'DateTime',
  'Double',
  'Email',
  'Percent',
  'PersonName',
  'Phone',
  'Url',
]

const organizationFields: readonly Field[] = [
  idField,
  text('Name', 80, { ...readOnly, nillable: false }),
  text('InstanceName', 5, readOnly),
  boolean('IsSandbox', readOnly),
  picklist('OrganizationType', ['Enterprise Edition', 'Developer Edition'], readOnly),
  text('LanguageLocaleKey', 40, { ...readOnly, nillable: false }),
  ...auditFields,
]

export const objects: readonly ObjectType[] = [
  object('Account', '001', accountFields),
  history('AccountHistory', '017', 'Account', accountFields),
  object('Contact', '003', contactFields),
  object('ContactPointTypeConsent', '0ZX', consentFields),
  object('ContentDocumentLink', '06A', contentDocumentLinkFields, {
    writable: false,
    demands: ['ContentDocumentId', 'LinkedEntityId'],
  }),
  object('Lead', '00Q', leadFields),
  history('LeadHistory', '017', 'Lead', leadFields),
  object('LogoutEvent', '0Ng', logoutEventFields, {
    writable: false,
    bulk: false,
    index: ['EventDate', 'EventIdentifier'],
  }),
  object('Opportunity', '006', opportunityFields),
  history('OpportunityFieldHistory', '017', 'Opportunity', opportunityFields),
  object('Organization', '00D', organizationFields, { writable: false }),
  object('Sales_Region__mdt', 'm01', salesRegionFields, { writable: false, bulk: false }),
  object('Subscription__c', 'a01', subscriptionFields),
  object('Survey__c', 'a02', surveyFields),
  object('Task', '00T', taskFields),
  object('TaskStatus', '01J', taskStatusFields, { writable: false, bulk: false }),
  object('User', '005', userFields, { writable: false }),
  object('Visit__b', 'z01', visitFields, { writable: false, bulk: false, index: ['Visitor__c', 'At__c'] }),
  object('EntityDefinition', null, entityDefinitionFields, { writable: false, tooling: true }),
  object('FieldDefinition', null, fieldDefinitionFields, { writable: false, tooling: true }),
]

const byName = new Map(objects.map((candidate) => [candidate.name.toLowerCase(), candidate]))
const fieldsByName = new Map<string, Map<string, Field>>()
