import type { z } from 'zod'
import type {
  Connector,
  ConnectorDefinition,
  ObjectDefinition,
  OpenContext,
  OpenedConnector,
  StreamDefinition,
} from './contract.ts'
import { openDeclared, streamNamesOf } from './declared.ts'

/** Makes a connector of its definition; the default export of `connectors/<vendor>/index.ts`. */
export function connector<Config extends z.ZodObject>(definition: ConnectorDefinition<Config>): Connector {
  const open: (context: OpenContext<z.output<Config>>) => Promise<OpenedConnector> =
    definition.open ?? ((context) => openDeclared(definition, context))
  const names = (things: object | undefined) => (definition.open && !things ? null : Object.keys(things ?? {}))
  return {
    name: definition.name,
    config: definition.config,
    streamNames:
      definition.streamNames ?? (definition.open && !definition.streams ? null : streamNamesOf(definition.streams)),
    objectNames: definition.objectNames ?? names(definition.objects),
    open,
  }
}

/** One collection of a source. */
export const stream = (definition: StreamDefinition): StreamDefinition => definition

/** One kind of thing that a destination takes. */
export const object = (definition: ObjectDefinition): ObjectDefinition => definition
