import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import { historyName, objects } from './objects.ts'

/** What a query reads from: the store, or the org's own definitions. */
export type Records = Pick<SimulatorStore, 'get' | 'all'>

/** The setup tables, made from the org's objects. */
export function definitionRecords(): Records {
  const tables = new Map<string, Map<string, JsonObject>>()
  tables.set(
    'EntityDefinition',
    new Map(objects.map(({ name }) => [name, { DurableId: name, QualifiedApiName: name, Label: name }])),
  )
  const fields = objects.flatMap((object) =>
    object.fields.map((field) => {
      const developerName = historyName(field).replace(/__c$/, '')
      const durableId = `${object.name}.${developerName}`
      return [
        durableId,
        {
          DurableId: durableId,
          QualifiedApiName: field.name,
          DeveloperName: developerName,
          EntityDefinitionId: object.name,
          Label: field.name,
          DataType: field.type,
          IsFieldHistoryTracked: field.tracked,
        },
      ] as const
    }),
  )
  tables.set('FieldDefinition', new Map(fields))
  return {
    get: (type, id) => tables.get(type)?.get(id),
    all: (type) => (tables.get(type) ?? new Map<string, JsonObject>()).entries(),
  }
}
