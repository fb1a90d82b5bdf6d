import type { DestinationObject } from '../connector/destination.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { ReverseContext } from './context.ts'

/** Why nothing more goes; undefined: this run still holds the object. */
export async function findLeaseLost(
  context: Pick<ReverseContext, 'runId' | 'holdsLease' | 'lost'>,
  object: DestinationObject,
): Promise<MillraceError | undefined> {
  if (!context.lost?.aborted && (await context.holdsLease())) return undefined
  const why = context.lost?.aborted
    ? asMillraceError(context.lost.reason, 'holding the lease').message
    : 'another run has taken over, or its lease has run out'
  return new MillraceError('MR-2005', {
    message: `Run ${context.runId} no longer holds ${object.name}: ${why}.`,
    kept: 'Nothing more is sent by this run; what was not answered is sent again by the next one, as it is then.',
  })
}
