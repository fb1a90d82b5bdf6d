import { MillraceError } from '../model/millrace-error.ts'

/** A whole number of at least `least`. @throws MillraceError MR-1001 */
export function parseCount(flag: string, text: string, least = 1): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (count >= least) return count
  throw new MillraceError('MR-1001', {
    message: `${flag} ${text}: must be a whole number, ${least} or more`,
    kept: 'Nothing was run.',
  })
}
