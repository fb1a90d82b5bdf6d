import { MillraceError, z, type Json } from 'millrace'

/** Where a scan stands: what a checkpoint holds. Stored; add forms, never change a meaning. */
export type Position = ListPosition | EventPosition | { readonly phase: 'done' }

export type ListPosition = {
  readonly phase: 'list'
  /** Which of the stream's passes. */
  readonly pass: number
  /** The last object that was read; null: none yet. */
  readonly after: string | null
  /** When it was created, in unix seconds: where to go on when it is no longer there. */
  readonly created: number
}

export type EventPosition = {
  readonly phase: 'events'
  /** The last event of the pages whose objects have been read. */
  readonly after: string
}

export const listStart: ListPosition = { phase: 'list', pass: 0, after: null, created: 0 }

/** @throws MillraceError MR-1401 where a stored one is not ours */
export function readPosition(resume: Json): Position | null {
  if (resume === null) return null
  const parsed = stored.safeParse(resume)
  if (parsed.success) return parsed.data
  throw new MillraceError('MR-1401', {
    message: `Going on with a scan of Stripe: the kept position ${JSON.stringify(resume)} is not one of this connector.`,
    kept: 'The cursor is as it was.',
    next: 'Read the stream from the beginning: `millrace sync run NAME --full-refresh`.',
  })
}

const stored = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('list'), pass: z.int(), after: z.string().nullable(), created: z.int() }),
  z.object({ phase: z.literal('events'), after: z.string() }),
  z.object({ phase: z.literal('done') }),
])
