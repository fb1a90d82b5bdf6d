import type { z } from 'zod'
import type { ConnectorDefinition } from './contract.ts'
import { optionsFlaw, schemaFlaw } from './schema-flaw.ts'
import { streamFlaw } from './stream-flaw.ts'

/** What can be seen of a declared connector before it is opened; null: nothing is wrong. */
export function definitionFlaw<Config extends z.ZodObject>({
  config,
  streams = {},
  objects = {},
  streamOptions = {},
  objectOptions = {},
}: Pick<ConnectorDefinition<Config>, 'config' | 'streams' | 'objects' | 'streamOptions' | 'objectOptions'>):
  string | null {
  const configFlaw = schemaFlaw('config', config)
  if (configFlaw !== null) return configFlaw
  for (const [member, known] of Object.entries({ streamOptions, objectOptions }))
    for (const [name, schema] of Object.entries(known)) {
      const flaw = schemaFlaw(name, schema)
      if (flaw !== null) return `in \`${member}\` ${flaw}`
    }
  for (const [name, { list, read, children = [], ...stream }] of Object.entries(streams)) {
    if (!list && !read) return `the stream ${name} has neither \`list\` nor \`read\`, so there is no way to read it`
    const flaw = streamFlaw({ ...stream, children })
    if (flaw !== null) return `the stream ${name}: ${flaw}`
  }
  for (const [name, object] of Object.entries(objects)) {
    if (typeof object.write !== 'function') return `the object ${name} has no \`write\``
    const flaw = optionsFlaw(object)
    if (flaw !== null) return `the object ${name}: ${flaw}`
  }
  return null
}
