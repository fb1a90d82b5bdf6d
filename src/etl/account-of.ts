import type { OpenedConnector, Stream } from '../connector/contract.ts'
import { MillraceError } from '../model/millrace-error.ts'

/** The account whose rows these streams hold; undefined: it is not known, or they are not of one. */
export async function accountOf(
  connector: OpenedConnector,
  streams: readonly Stream[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (connector.rowsAreOfAccount !== true || streams.every(({ source }) => source !== undefined)) return undefined
  try {
    const account = await connector.account({ signal })
    return account === '' ? undefined : account
  } catch (error) {
    // A key may read the rows and not what they are of. One that may read nothing fails at the rows.
    if (error instanceof MillraceError && refusals.includes(error.code)) return undefined
    throw error
  }
}

const refusals: readonly string[] = ['MR-3001', 'MR-3004']
