import { readResume, z, type Json } from 'millrace'

/**
 * Where a scan stands: what a checkpoint holds. Stored; add keys, never change a meaning. Never a link of the vendor's:
 * the access token is in it.
 */
export type Position = {
  /** Accounts that are read to their end. */
  readonly done: readonly string[]
  /** The one that is being read. */
  readonly account: string | null
  /** Of a list: the cursor after the last page. Of reports: the first day that is not read. null: its beginning. */
  readonly at: string | null
  /** Of reports: account → the first day that is not read. A scan that ended since others refused goes on there. */
  readonly read?: { readonly [account: string]: string }
}

export const beginning: Position = { done: [], account: null, at: null }

/** @throws MillraceError MR-1401 where a stored one is not ours */
export const readPosition = (resume: Json): Position => readResume(position, resume, 'Facebook Ads') ?? beginning

/** Where in the account to begin. */
export const placeIn = ({ account, at }: Position, id: string): string | null => (account === id ? at : null)

export const within = (position: Position, account: string, at: string | null): Position => ({
  ...position,
  account,
  at,
})

export const after = (position: Position, account: string): Position => ({
  ...position,
  done: [...position.done, account],
  account: null,
  at: null,
})

/** The account's days before this one are read. */
export const readUpTo = (position: Position, account: string, day: string): Position => ({
  ...position,
  read: { ...position.read, [account]: day },
})

/** All accounts once more, each from where its days are read up to. */
export const again = ({ read }: Position): Position => ({ ...beginning, ...(read && { read }) })

const position = z.strictObject({
  done: z.array(z.string()),
  account: z.string().nullable(),
  at: z.string().nullable(),
  read: z.record(z.string(), z.string()).optional(),
})
