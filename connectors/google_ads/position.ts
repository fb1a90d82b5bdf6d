import { readResume, z, type Json } from 'millrace'

/** Where a scan stands: what is to be read next. Stored; add forms, never change a meaning. */
export type Position = (EntityPosition | ReportPosition | { readonly phase: 'done' }) & OfAccounts

/** Those with which the scan began, less what it found not to be enabled or listed since. @default not known: all that are listed */
type OfAccounts = { readonly accounts?: readonly string[] }

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

const ofAccounts = { accounts: z.array(z.string()).optional() }

const stored = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('accounts'),
    account: z.string(),
    page: z.string().nullable(),
    rows: z.int().optional(),
    ...ofAccounts,
  }),
  z.object({
    phase: z.literal('days'),
    from: z.iso.date(),
    to: z.iso.date(),
    account: z.string(),
    page: z.string().nullable(),
    ...ofAccounts,
  }),
  z.object({ phase: z.literal('done'), ...ofAccounts }),
])
