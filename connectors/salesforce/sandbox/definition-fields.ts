import { boolean, readOnly, reference, text, type Field } from './field.ts'

/** https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_entitydefinition.htm */
export const entityDefinitionFields: readonly Field[] = [
  text('DurableId', 255, readOnly),
  text('QualifiedApiName', 255, { ...readOnly, nillable: false }),
  text('Label', 255, readOnly),
]

/** https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_fielddefinition.htm */
export const fieldDefinitionFields: readonly Field[] = [
  text('DurableId', 255, readOnly),
  text('QualifiedApiName', 255, { ...readOnly, nillable: false }),
  text('DeveloperName', 255, readOnly),
  // Typed as text, for its values are names and not Ids.
  { ...reference('EntityDefinitionId', 'EntityDefinition', 'EntityDefinition', readOnly), type: 'string' },
  text('Label', 255, readOnly),
  text('DataType', 255, readOnly),
  boolean('IsFieldHistoryTracked', readOnly),
]
