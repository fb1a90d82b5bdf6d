import type { Stream } from '../connector/contract.ts'

/** Which rows of a stream come as deleted, in words; null: none does. */
export const flagOf = ({ deletedWhen }: Stream): string | null =>
  deletedWhen ? `${deletedWhen.column} ${deletedWhen.is}` : null
