import type { Stream } from '../connector/contract.ts'

/** The sync's `start`, as far as a stream heeds it: null where nothing of it is kept out by it. */
export const heededStart = ({ heedsStart = true }: Pick<Stream, 'heedsStart'>, start: string | null): string | null =>
  heedsStart ? start : null
