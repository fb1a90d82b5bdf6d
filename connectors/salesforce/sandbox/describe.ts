import type { Json, JsonObject } from 'millrace'
import { isDecimal, isText, type Field } from './field.ts'
import { objects, type ObjectType } from './objects.ts'

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm */
export function describeGlobal(base: string): JsonObject {
  return {
    encoding: 'UTF-8',
    maxBatchSize: 200,
    sobjects: objects.map((object) => summary(object, base)),
  }
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm */
export function describeObject(object: ObjectType, base: string): JsonObject {
  return {
    actionOverrides: [],
    childRelationships: objects.flatMap((child) =>
      child.fields
        .filter((field) => field.referenceTo.includes(object.name))
        .map((field) => ({
          cascadeDelete: child.historyOf !== null,
          childSObject: child.name,
          deprecatedAndHidden: false,
          field: field.name,
          junctionIdListNames: [],
          junctionReferenceTo: [],
          relationshipName: null,
          restrictedDelete: false,
        })),
    ),
    compactLayoutable: object.writable,
    ...summary(object, base),
    fields: object.fields.map((field) => describeField(object, field)),
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [],
    searchLayoutable: object.writable,
    supportedScopes: [{ label: `All ${object.name}s`, name: 'everything' }],
  }
}

function summary(object: ObjectType, base: string): JsonObject {
  const { name, writable } = object
  const url = `${base}/sobjects/${name}`
  return {
    activateable: false,
    associateEntityType: object.historyOf ? 'History' : null,
    associateParentEntity: object.historyOf?.object ?? null,
    createable: writable,
    custom: /__(c|mdt|b)$/.test(name),
    customSetting: false,
    deepCloneable: false,
    deletable: writable,
    deprecatedAndHidden: false,
    feedEnabled: writable,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: object.keyPrefix,
    label: spaced(name),
    labelPlural: `${spaced(name)}s`,
    layoutable: writable,
    mergeable: writable,
    mruEnabled: writable,
    name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: writable,
    triggerable: writable,
    undeletable: writable,
    updateable: writable,
    urls: { sobject: url, describe: `${url}/describe`, rowTemplate: `${url}/{ID}` },
  }
}

function describeField(object: ObjectType, field: Field): JsonObject {
  const custom = field.name.endsWith('__c')
  const compound = field.type === 'address'
  const length = field.length
  return {
    aggregatable: field.filterable && !compound,
    aiPredictionField: false,
    autoNumber: false,
    byteLength: length * (field.type === 'id' || field.type === 'reference' ? 1 : 3),
    calculated: field.calculatedFormula !== null,
    calculatedFormula: field.calculatedFormula,
    cascadeDelete: object.historyOf?.parentField === field.name,
    caseSensitive: false,
    compoundFieldName: field.compoundFieldName,
    controllerName: null,
    createable: object.writable && field.createable,
    custom,
    defaultValue: field.type === 'boolean' ? false : null,
    defaultValueFormula: null,
    defaultedOnCreate: field.defaultedOnCreate,
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: field.type === 'int' ? 8 : 0,
    displayLocationInDecimal: false,
    encrypted: false,
    externalId: field.externalId,
    extraTypeInfo: null,
    filterable: field.filterable,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: field.filterable && !isDecimal(field.type) && field.type !== 'datetime' && !compound,
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: field.idLookup,
    inlineHelpText: null,
    label: spaced(field.name.replace('__c', '').replaceAll('_', ' ')),
    length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.nameField,
    namePointing: field.referenceTo.length > 1,
    nillable: field.nillable,
    permissionable: field.nillable && field.type !== 'id',
    picklistValues: (field.picklist ?? []).map((value) => ({
      active: true,
      defaultValue: false,
      label: value,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: field.referenceTo.length > 1,
    precision: field.precision,
    queryByDistance: compound,
    referenceTargetField: null,
    referenceTo: [...field.referenceTo],
    relationshipName: field.relationshipName,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: field.restricted,
    scale: field.scale,
    searchPrefilterable: field.type === 'reference',
    soapType: soapType(field),
    sortable: field.filterable && !compound,
    type: field.type,
    unique: field.unique,
    updateable: object.writable && field.updateable,
    writeRequiresMasterRead: false,
  } satisfies { [key: string]: Json }
}

function soapType(field: Field): string {
  if (field.type === 'id' || field.type === 'reference') return 'tns:ID'
  if (field.type === 'address') return 'urn:address'
  if (isDecimal(field.type)) return 'xsd:double'
  if (field.type === 'datetime') return 'xsd:dateTime'
  if (field.type === 'anyType') return 'xsd:anyType'
  return isText(field.type) ? 'xsd:string' : `xsd:${field.type}`
}

const spaced = (name: string) => name.replaceAll(/([a-z])([A-Z])/g, '$1 $2')
