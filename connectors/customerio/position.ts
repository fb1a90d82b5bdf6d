import { readResume, z, type Json } from 'millrace'

/** Where a scan stands. Stored; add forms, never change a meaning. Never a link to a file: whoever has that has the file. */
export type Position = ListPosition | WindowPosition | ChildPosition | ExportPosition | { readonly phase: 'done' }

/** The page that is next. */
export type ListPosition = { readonly phase: 'list'; readonly start: string }

/** The page that is next of what was made from `from` until before `to`; null: its first. What is newer is read. */
export type WindowPosition = {
  readonly phase: 'window'
  readonly from: string
  readonly to: string
  readonly start: string | null
}

/** The page that is next of this parent. `start` null: the parent is read, and the one after it is next. */
export type ChildPosition = { readonly phase: 'children'; readonly parent: number; readonly start: string | null }

export type ExportPosition = {
  readonly phase: 'export'
  readonly id: number
  /** Our clock just before it was asked for: what it holds is not newer. */
  readonly started_at: string
  /** How many of its rows are read. */
  readonly rows: number
}

/** @throws MillraceError MR-1401 where a stored one is not ours */
export const readPosition = (resume: Json): Position | null => readResume(stored, resume, 'Customer.io')

const stored = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('list'), start: z.string().min(1) }),
  z.object({ phase: z.literal('window'), from: z.iso.datetime(), to: z.iso.datetime(), start: z.string().nullable() }),
  z.object({ phase: z.literal('children'), parent: z.int(), start: z.string().nullable() }),
  z.object({ phase: z.literal('export'), id: z.int(), started_at: z.iso.datetime(), rows: z.int().min(0) }),
  z.object({ phase: z.literal('done') }),
])
