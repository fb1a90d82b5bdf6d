import type { ReverseSync } from '../config/project.ts'
import type { DestinationObject } from '../connector/destination.ts'
import { optionFlaw } from '../connector/option-flaw.ts'
import { MillraceError } from '../model/millrace-error.ts'

/** Before a row is intended: what nobody reads would do nothing, and name another destination for good. @throws MillraceError MR-1209 */
export function checkOptions(sync: ReverseSync, object: Pick<DestinationObject, 'name' | 'options'>): void {
  const flaw = optionFlaw(object, sync.options)
  if (flaw === null) return
  throw new MillraceError('MR-1209', {
    message: `${sync.name}: ${flaw} (${sync.place.file})`,
    kept: 'Nothing was sent.',
    next: 'Mend the `options` of the sync.',
  })
}
