import type { z } from 'zod'
import type { ConnectorDefinition } from './contract.ts'
import { streamFlaw } from './stream-flaw.ts'

/** What can be seen of a declared connector before it is opened; null: nothing is wrong. */
export function definitionFlaw<Config extends z.ZodObject>({
  streams = {},
  objects = {},
}: Pick<ConnectorDefinition<Config>, 'streams' | 'objects'>): string | null {
  for (const [name, { list, read, children = [], ...stream }] of Object.entries(streams)) {
    if (!list && !read) return `the stream ${name} has neither \`list\` nor \`read\`, so there is no way to read it`
    const flaw = streamFlaw({ ...stream, children })
    if (flaw !== null) return `the stream ${name}: ${flaw}`
  }
  for (const [name, { write }] of Object.entries(objects))
    if (typeof write !== 'function') return `the object ${name} has no \`write\``
  return null
}
