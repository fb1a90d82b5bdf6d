import { compilationError } from './snowflake-error.ts'

export function checkedPosition(position: number, count: number): number {
  if (!Number.isInteger(position) || position < 1 || position > count)
    throw compilationError('000971', '42601', `ORDER BY position ${position} is not in select list`)
  return position
}
