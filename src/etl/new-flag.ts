/** A stream that comes to say which of its rows are deleted. */
import type { Asked } from '../model/cursor.ts'
import { nameOf } from './asked.ts'
import { flagOf } from './flag-of.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** As sentences: rows that were loaded with the flag count as there. Where the flag is a new column they have none yet, which is told as of any. */
export function oddOfNewFlag({ stream, shape, mode }: StreamPlan, before: Asked, full: boolean): readonly string[] {
  const { deletedWhen } = stream
  if (full || mode === 'full_refresh' || !deletedWhen || before.table !== nameOf(shape)) return []
  if (before.flag === undefined || before.flag === flagOf(stream)) return []
  if (!Object.hasOwn(before.loaded?.columns ?? {}, deletedWhen.column)) return []
  return [
    `${stream.name}: rows that were loaded before with ${deletedWhen.column} ${deletedWhen.is} are not marked as deleted until they are read again. A run with --full-refresh reads everything again.`,
  ]
}
