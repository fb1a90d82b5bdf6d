import type { OpenedConnector, Stream } from '../connector/contract.ts'

/** The account whose rows these streams hold; undefined: it is not known, or they are not of one. */
export async function accountOf(
  connector: OpenedConnector,
  streams: readonly Stream[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (connector.rowsAreOfAccount !== true || streams.every(({ source }) => source !== undefined)) return undefined
  return (await connector.account({ signal })) || undefined
}
