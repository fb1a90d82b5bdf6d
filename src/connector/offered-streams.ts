import type { CallContext } from './context.ts'
import type { OpenedConnector } from './contract.ts'

/** The names of all streams, with those of the streams that come inside others. Where the connector lists none cheaply, all are described. */
export async function offeredStreams(connector: OpenedConnector, { signal }: CallContext): Promise<readonly string[]> {
  const listed = await connector.streamNames?.({ signal })
  if (listed) return listed
  const described = (await connector.streams?.({ signal })) ?? []
  return described.flatMap(({ name, children }) => [name, ...children.map((child) => child.name)])
}
