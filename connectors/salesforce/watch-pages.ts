import { keptBefore, MillraceError } from 'millrace'
import type { Position } from './position.ts'

/**
 * Refuses a page that ends where one before it did, or where the reading began: whoever answers does not heed what is asked, and
 * would send the same rows for ever.
 */
export function watchPages(doing: string, begins: Position | null): (end: Position) => void {
  const ends = new Set([JSON.stringify(begins)])
  return (end) => {
    const place = JSON.stringify(end)
    if (ends.has(place))
      throw new MillraceError('MR-3005', {
        message: `${doing} of Salesforce: a page brings the rows that came before it once more (the last one is ${end.id}).`,
        kept: keptBefore,
        next: 'Run again; if it stays so, look at what stands between millrace and Salesforce, as a proxy that keeps answers.',
      })
    ends.add(place)
  }
}
