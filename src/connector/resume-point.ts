import type { z } from 'zod'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'

/**
 * Where a scan goes on, by the form in which its checkpoints say it; null: at the beginning. `vendor` names whose scan it is.
 * @throws MillraceError MR-1401 where the stored one has another form: only reading from the beginning helps
 */
export function readResume<Place>(form: z.ZodType<Place>, resume: Json, vendor: string): Place | null {
  if (resume === null) return null
  const parsed = form.safeParse(resume)
  if (parsed.success) return parsed.data
  throw foreignResume(resume, vendor)
}

/** `of`: a vendor or a stream. */
export const foreignResume = (resume: Json, of: string) =>
  new MillraceError('MR-1401', {
    message: `Going on with a scan of ${of}: the kept position ${JSON.stringify(resume).slice(0, 100)} is not one of this connector.`,
    kept: 'What was committed stays; the cursor is as it was.',
    next: 'millrace sync run NAME --full-refresh   reads the stream from the beginning',
  })
