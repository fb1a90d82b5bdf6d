import { readResume, z, type Json } from 'millrace'

/** Where a scan stands: what is to be read next. Stored; add forms, never change a meaning. */
export type Position = (EntityPosition | ReportPosition | { readonly phase: 'done' }) & LeftOut

/** Accounts that the scan found not to be enabled: it has not read them. @default none */
type LeftOut = { readonly left_out?: readonly string[] }

export type EntityPosition = {
  readonly phase: 'accounts'
  readonly account: string
  readonly page: string | null
  /** Of the account, before that page. @default not known */
  readonly rows?: number
}

export type ReportPosition = {
  readonly phase: 'days'
  /** The days that are under way: those before are still to come, those after are read. */
  readonly from: string
  readonly to: string
  /** The first account of which they are not read. */
  readonly account: string
  readonly page: string | null
}

/** @throws MillraceError MR-1401 where a stored one is not ours */
export const readPosition = (resume: Json): Position | null => readResume(stored, resume, 'Google Ads')

const leftOut = { left_out: z.array(z.string()).optional() }

const stored = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('accounts'),
    account: z.string(),
    page: z.string().nullable(),
    rows: z.int().optional(),
    ...leftOut,
  }),
  z.object({
    phase: z.literal('days'),
    from: z.iso.date(),
    to: z.iso.date(),
    account: z.string(),
    page: z.string().nullable(),
    ...leftOut,
  }),
  z.object({ phase: z.literal('done'), ...leftOut }),
])
