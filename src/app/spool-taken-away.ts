import { MillraceError } from '../model/millrace-error.ts'
import type { HeldLease } from '../state/with-lease.ts'
import type { Work } from './run-outcome.ts'

/**
 * A load that was frozen for longer than its lease finds its files gone: the run that took over has cleared them, as those of a
 * dead one. Whatever then failed for want of them is told as that, and once; without a takeover somebody else took them.
 */
export async function tellTakenAway(
  errors: readonly MillraceError[],
  { work, spool, lease }: { readonly work: Pick<Work, 'app'>; readonly spool: string; readonly lease: HeldLease },
): Promise<readonly MillraceError[]> {
  const missing = errors.filter(({ message }) => isMissing.test(message) && message.includes(spool))
  const [first] = missing
  if (!first) return errors
  const isHeld = !lease.lost.aborted && (await work.app.store.holdsLease(lease).catch(() => true))
  const told = isHeld
    ? new MillraceError('MR-2008', {
        message: `Work in the spool ${spool}: what was read is gone (${first.message.split('\n')[0]})`,
        kept,
        next: 'Was .millrace/spool deleted? Leave it to millrace, and run again.',
        cause: first,
      })
    : new MillraceError('MR-2005', {
        message: `the lease ${lease.name} is lost: another run has it now, and has cleared what this one had read and not committed`,
        kept,
        next: 'The run that took over goes on from there; so does the next one.',
        cause: first,
      })
  return [told, ...errors.filter((error) => !missing.includes(error))]
}

/** In the words of Node and of DuckDB. */
const isMissing = /ENOENT|No files found that match|No such file or directory/
const kept = 'What was committed before is there; a scan goes on at its last checkpoint.'
