import { createHash } from 'node:crypto'
import type { WholeOf } from '../connector/checkpoint.ts'
import type { RowsOf } from '../warehouse/table-write.ts'
import type { StreamPlan } from './resolve-streams.ts'

/**
 * The rows of a table that are meant, as they are stored: with a mask and without, since one may have come or gone after they
 * were loaded. undefined: the table does not say whose they are.
 */
export function storedRowsOf({ columns }: StreamPlan['shape'], { field, values }: WholeOf): RowsOf | undefined {
  const found = columns.find((column) => column.field === field)
  return found && { column: found.column, values: [...values, ...values.map(sha256)] }
}

/** With what other modes allow a mask to leave of it, by which rows of several accounts may look alike. */
export function replacedRowsOf(shape: StreamPlan['shape'], wholeOf: WholeOf): RowsOf | undefined {
  const found = storedRowsOf(shape, wholeOf)
  const starred = wholeOf.values.flatMap((value) => [stars, stars + [...value].slice(-4).join('')])
  return found && { ...found, values: [...found.values, ...starred] }
}

/** As staging masks. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const stars = '***'
