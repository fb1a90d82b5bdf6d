import type { z } from 'zod'
import type {
  Connector,
  ConnectorDefinition,
  KnownOptions,
  ObjectDefinition,
  OpenContext,
  OpenedConnector,
  StreamDefinition,
} from './contract.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { openDeclared, streamNamesOf } from './declared.ts'
import { definitionFlaw } from './definition-flaw.ts'
import { ended } from './member-forms.ts'

/**
 * Makes a connector of its definition; the default export of `connectors/<vendor>/index.ts`. What is wrong with what it declares is said
 * here, so that `sync validate` finds it without a network.
 * @throws MillraceError MR-1401
 */
export function connector<Config extends z.ZodObject>(definition: ConnectorDefinition<Config>): Connector {
  const flaw = definitionFlaw(definition)
  if (flaw !== null)
    throw new MillraceError('MR-1401', {
      message: `The connector ${definition.name} cannot be opened: ${ended(flaw)}`,
      next: `Mend it in connectors/${definition.name}.`,
      exit: 2,
    })
  const open: (context: OpenContext<z.output<Config>>) => Promise<OpenedConnector> =
    definition.open ?? ((context) => openDeclared(definition, context))
  const names = (things: object | undefined) => (definition.open && !things ? null : Object.keys(things ?? {}))
  return {
    name: definition.name,
    config: definition.config,
    streamNames:
      definition.streamNames ?? (definition.open && !definition.streams ? null : streamNamesOf(definition.streams)),
    streamOptions:
      definition.streamOptions ?? (definition.open && !definition.streams ? null : optionsOf(definition.streams)),
    objectNames: definition.objectNames ?? names(definition.objects),
    objectOptions:
      definition.objectOptions ?? (definition.open && !definition.objects ? null : optionsOf(definition.objects)),
    open,
  }
}

const optionsOf = (takers: { readonly [name: string]: { readonly options?: z.ZodObject } } | undefined): KnownOptions =>
  Object.fromEntries(Object.entries(takers ?? {}).flatMap(([name, { options }]) => (options ? [[name, options]] : [])))

/** One collection of a source. */
export const stream = (definition: StreamDefinition): StreamDefinition => definition

/** One kind of thing that a destination takes. */
export const object = (definition: ObjectDefinition): ObjectDefinition => definition
