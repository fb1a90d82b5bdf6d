/** SQLite's rows are untyped; these read one column, or say that the file is not what it should be. */
import type { SQLOutputValue } from 'node:sqlite'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Holder, ProcessId } from '../port.ts'

export type Row = { readonly [column: string]: SQLOutputValue }

export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column]
  return typeof value === 'string' ? value : wrong(column, 'text', value)
}

export function optionalTextOf(row: Row | undefined, column: string): string | null {
  return row?.[column] === null ? null : textOf(row, column)
}

export function numberOf(row: Row | undefined, column: string): number {
  const value = row?.[column]
  return typeof value === 'number' ? value : wrong(column, 'a number', value)
}

export const holderOf = (row: Row): Holder => ({
  runId: textOf(row, 'run_id'),
  process: processOf(row),
  since: textOf(row, 'since'),
})

export const processOf = (row: Row): ProcessId => ({
  host: textOf(row, 'host'),
  pid: numberOf(row, 'pid'),
  startedAt: textOf(row, 'process_started_at'),
})

function wrong(column: string, expected: string, value: unknown): never {
  throw new MillraceError('MR-6003', {
    message: `control store: reading column ${column} failed: expected ${expected}, found ${typeof value}`,
    next: 'With no millrace running, move the file away and run again: a new one is made.',
  })
}
