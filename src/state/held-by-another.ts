import { MillraceError } from '../model/millrace-error.ts'
import type { Holder } from './port.ts'
import { describeProcess } from './process-id.ts'

/** What `--no-wait` ends with. */
export function heldByAnother(name: string, holder: Holder): MillraceError {
  return new MillraceError('MR-4001', {
    message: `${name} is held by run ${holder.runId} (${describeProcess(holder.process)}) since ${holder.since}`,
    kept: 'Nothing was run.',
    next: ['See it:    millrace run show ' + holder.runId, 'Or wait:   run again without --no-wait'],
  })
}
