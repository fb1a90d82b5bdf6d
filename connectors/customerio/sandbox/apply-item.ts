import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { takeEvent, type Event } from './events.ts'
import { deletePerson, identifyPerson } from './identify.ts'
import { mergePeople } from './merge.ts'
import { deleteObject, identifyObject, relate, type Identifiers, type Relation } from './objects.ts'
import { isSuppressed, suppressPerson, unsuppressPerson } from './suppress.ts'

/** Does what an operation says that `checkItem` has let pass. What mentions a suppressed identifier is ignored. */
export function applyItem(context: SimulatorContext, item: unknown): void {
  // checkItem has said that it is one of these
  const operation = item as Operation
  switch (`${operation.type} ${operation.action}` as const) {
    case 'person suppress':
      return suppressPerson(context, operation.identifiers)
    case 'person unsuppress':
      return unsuppressPerson(context, operation.identifiers)
    case 'person merge':
      return mergePeople(context, operation)
    case 'object identify':
      identifyObject(context, { identifiers: operation.identifiers, attributes: operation.attributes ?? {} })
      return relateEach(context, operation)
    case 'object delete':
      return deleteObject(context, operation.identifiers)
    case 'object add_relationships':
    case 'object delete_relationships':
    case 'person add_relationships':
    case 'person delete_relationships':
      return relateEach(context, operation)
  }
  const { identifiers, attributes = {} } = operation
  if (isSuppressed(context.store, identifiers, operation.action === 'identify' ? attributes : {})) return
  if (operation.action === 'delete') deletePerson(context, identifiers)
  else if (operation.action === 'event') takeEvent(context, operation)
  else {
    identifyPerson(context, { identifiers, attributes })
    relateEach(context, operation)
  }
}

function relateEach(
  context: SimulatorContext,
  { type, action, identifiers, cio_relationships: relations }: Operation,
): void {
  for (const { identifiers: other, relationship_attributes: attributes = {} } of relations ?? [])
    relate(context, {
      ...(type === 'person' ? { person: identifiers, object: other } : { person: other, object: identifiers }),
      attributes: action === 'delete_relationships' ? null : attributes,
    })
}

type Operation = Event & {
  readonly type: 'person' | 'object'
  readonly action: string
  readonly identifiers: Identifiers
  readonly attributes?: JsonObject & { readonly [name: string]: Json }
  readonly cio_relationships?: readonly Relation[]
  readonly primary: Identifiers
  readonly secondary: Identifiers
}
