import { createHash } from 'node:crypto'
import type { WholeOf } from '../connector/checkpoint.ts'
import { stars } from '../model/mask.ts'
import type { RowsOf } from '../warehouse/table-write.ts'
import type { StreamPlan } from './resolve-streams.ts'

/**
 * The rows of a table that are meant, as they are stored: with a mask and without, since one may have come or gone after they
 * were loaded. undefined: the table does not say whose they are.
 */
export function storedRowsOf({ columns }: StreamPlan['shape'], { field, values }: WholeOf): RowsOf | undefined {
  const found = columns.find((column) => column.field === field)
  return found && { field, column: found.column, values: [...values, ...values.map(sha256)] }
}

/**
 * Those that a pass takes away or replaces. What comes in the place of others says whose it is: rows that do not, or from which a
 * mask of another mode has taken it, would stand beside it for good.
 */
export const takenRowsOf = ({ shape, mode }: StreamPlan, wholeOf: WholeOf): RowsOf | undefined =>
  mode === 'full_refresh' ? possibleRowsOf(shape, wholeOf) : storedRowsOf(shape, wholeOf)

/** And those that do not say whose they are. */
export function possibleRowsOf(shape: StreamPlan['shape'], wholeOf: WholeOf): RowsOf | undefined {
  const found = storedRowsOf(shape, wholeOf)
  const unclear = wholeOf.values.flatMap((value) => ['', stars, stars + [...value].slice(-4).join('')])
  return found && { ...found, values: [...found.values, ...unclear] }
}

/** As staging masks. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
