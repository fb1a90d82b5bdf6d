import type { z } from 'zod'
import type { ConnectorDefinition } from './contract.ts'
import { declaredConnector } from './connector-forms.ts'
import { declaredObject, declaredStream } from './definition-forms.ts'
import { streamFlaw } from './stream-flaw.ts'

/** What can be seen of a declared connector before it is opened; null: nothing is wrong. */
export function definitionFlaw<Config extends z.ZodObject>(definition: ConnectorDefinition<Config>): string | null {
  const flaw = declaredConnector(definition, '')
  if (flaw !== null) return flaw
  for (const [name, stream] of Object.entries(definition.streams ?? {})) {
    const flaw = declaredStream(stream, '')
    if (flaw !== null) return `the stream ${name}: ${flaw}`
    if (!stream.list && !stream.read)
      return `the stream ${name} has neither \`list\` nor \`read\`, so there is no way to read it`
    const named = streamFlaw(stream)
    if (named !== null) return `the stream ${name}: ${named}`
  }
  for (const [name, object] of Object.entries(definition.objects ?? {})) {
    const flaw = declaredObject(object, '')
    if (flaw !== null) return `the object ${name}: ${flaw}`
  }
  return null
}
