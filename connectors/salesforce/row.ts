import type { Change } from 'millrace'

/** What a change becomes at Salesforce. */
export type RowKind = 'upsert' | 'insert' | 'update' | 'delete'

/** A change that goes out; `index` is its place among those of the call. */
export type Row = {
  readonly index: number
  readonly change: Change
  /** The record's Id, for an update or a deletion. */
  readonly id: string | null
}

/** It goes once: neither is its request repeated, nor is it tried again in the same run. */
export const optsIn = ({ change }: Row): boolean => change.optsIn === true

/** Clearing and setting are updates: they never create. */
export const kindOf = ({ op }: Change): RowKind =>
  op === 'upsert' || op === 'insert' || op === 'delete' ? op : 'update'

export const rowKinds: readonly RowKind[] = ['upsert', 'insert', 'update', 'delete']
