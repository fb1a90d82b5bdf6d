import { createHash } from 'node:crypto'
import type { WholeOf } from '../connector/checkpoint.ts'
import type { RowsOf } from '../warehouse/table-write.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** The rows of a table that are meant, as they are stored. undefined: the table does not say whose they are. */
export function storedRowsOf({ columns }: StreamPlan['shape'], { field, values }: WholeOf): RowsOf | undefined {
  const found = columns.find((column) => column.field === field)
  return found && { column: found.column, values: found.mask === 'sha256' ? values.map(sha256) : values }
}

/** As staging masks. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
