import type { EtlSync } from '../config/project.ts'
import type { StreamPlan } from '../etl/resolve-streams.ts'
import { MillraceError } from '../model/millrace-error.ts'

/** What cannot be read in parts without doing harm. */
export function refuseStream(sync: EtlSync, { stream, mode }: StreamPlan): MillraceError | undefined {
  if (mode === 'full_refresh')
    return new MillraceError('MR-1208', {
      message: `${sync.name}: ${stream.name} is replaced as a whole by every run (full_refresh): there is no part of it to backfill.`,
      kept: 'Nothing was read or changed.',
      next: [
        `All of it:    millrace sync run ${sync.name} --full-refresh`,
        `The others:   millrace backfill ${sync.name} --stream NAME`,
      ],
    })
  if (stream.key.length > 0) return undefined
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${stream.name} has no key: rows that are there already would be appended a second time.`,
    kept: 'Nothing was read or changed.',
    next: `The others:   millrace backfill ${sync.name} --stream NAME`,
  })
}
