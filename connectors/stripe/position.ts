import { readResume, z, type Json } from 'millrace'

/** Where a scan stands: what a checkpoint holds. Stored; add forms, never change a meaning. */
export type Position = AccountPosition | DonePosition

/** Within one account. */
export type AccountPosition = (ListPosition | EventPosition | { readonly phase: 'begin' }) & Among

/** Of a connection with several accounts: which one it is, and which this scan has read before it. */
export type Among = { readonly account?: string; readonly read?: readonly string[] }

export type ListPosition = {
  readonly phase: 'list'
  /** Which of the stream's passes. */
  readonly pass: number
  /** The last object that was read; null: none yet. */
  readonly after: string | null
  /** When it was created, in unix seconds: where to go on when it is no longer there. */
  readonly created: number
  /** Only what was created since, in unix seconds, because the scan says no more of it. @default the scan's own bounds */
  readonly since?: number
  /** The events are read after it. @default false: the list was all */
  readonly thenEvents?: boolean
  /** Of these, only those of what is gone. @default false */
  readonly gone?: boolean
}

export type EventPosition = {
  readonly phase: 'events'
  /** The last event of the pages whose objects have been read; null: none yet. */
  readonly after: string | null
  /** The list has brought what changed: only what is gone is read, as far back as there are events. @default false */
  readonly gone?: boolean
}

/** The end of a scan: what the next one knows of it (`Scan.last`). */
export type DonePosition = {
  readonly phase: 'done'
  /** Up to when it is complete. @default not known */
  readonly to?: string
  /** The vendor's clock when the daily list was last read. */
  readonly listed?: string
  /** The accounts that it read. */
  readonly accounts?: readonly string[]
  /** Accounts that were read before, and not by it → up to when they are complete. */
  readonly missed?: { readonly [account: string]: string }
}

export const listStart: ListPosition = { phase: 'list', pass: 0, after: null, created: 0 }

/** @throws MillraceError MR-1401 where a stored one is not ours */
export const readPosition = (resume: Json): Position | null => readResume(stored, resume, 'Stripe')

/** What the last complete scan left behind; nothing where an engine keeps nothing. */
export function readLast(last: Json | undefined): DonePosition {
  const position = readPosition(last ?? null)
  return position?.phase === 'done' ? position : { phase: 'done' }
}

/** Up to when an account is complete, whichever scan has read it; undefined: that is not known. */
export const completeTo = ({ to, accounts = [], missed = {} }: DonePosition, account: string): string | undefined =>
  accounts.includes(account) ? to : missed[account]

/** What the next scan is to know of accounts. Of one that was read before and is not now it goes on from there. */
export function accountsOf(last: DonePosition, read: readonly string[]): Pick<DonePosition, 'accounts' | 'missed'> {
  const before = [...new Set([...(last.accounts ?? []), ...Object.keys(last.missed ?? {})])]
  const missed = before.flatMap((account): [string, string][] => {
    const to = completeTo(last, account)
    return read.includes(account) || to === undefined ? [] : [[account, to]]
  })
  return { accounts: read, ...(missed.length > 0 && { missed: Object.fromEntries(missed) }) }
}

const among = { account: z.string().optional(), read: z.array(z.string()).optional() }

const stored = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('list'),
    pass: z.int(),
    after: z.string().nullable(),
    created: z.int(),
    since: z.int().optional(),
    thenEvents: z.boolean().optional(),
    gone: z.boolean().optional(),
    ...among,
  }),
  z.object({ phase: z.literal('events'), after: z.string().nullable(), gone: z.boolean().optional(), ...among }),
  z.object({ phase: z.literal('begin'), ...among }),
  z.object({
    phase: z.literal('done'),
    to: z.iso.datetime().optional(),
    listed: z.iso.datetime().optional(),
    accounts: z.array(z.string()).optional(),
    missed: z.record(z.string(), z.iso.datetime()).optional(),
  }),
])
