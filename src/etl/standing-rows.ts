import type { Scan } from '../connector/contract.ts'
import type { Cursor } from '../model/cursor.ts'
import { isInterval } from '../model/interval-columns.ts'
import { isMeta, type SchemaChange } from '../model/table.ts'
import { askedOf, changeOf } from './asked.ts'
import type { StreamPlan } from './resolve-streams.ts'

/** What the rows of a table have by other options than those of now, or lack, as sentences; a pass over everything mends it. */
export function oddOfStandingRows(
  of: {
    readonly sync: string
    readonly plan: StreamPlan
    readonly cursor: Cursor
    /** Of the table, made or planned for this run. */
    readonly changes: readonly SchemaChange[]
  },
  { full, start }: Scan,
): readonly string[] {
  if (full) return []
  const { sync, plan, cursor, changes } = of
  const change = changeOf(plan.stream.name, cursor.marks?.asked, askedOf(plan, start))
  return [change, lackOf(sync, plan, changes)].filter((each) => each !== null)
}

/** A column that a table gets is empty in the rows that it has. */
function lackOf(sync: string, { stream, mode }: StreamPlan, changes: readonly SchemaChange[]): string | null {
  const added = changes.flatMap((change) =>
    change.kind === 'column_added' && !isMeta(change.column) && !isInterval(change.column) ? [change.column] : [],
  )
  if (added.length === 0 || mode === 'full_refresh') return null
  const lack = `${stream.name}: rows that were loaded before have no ${added.join(', ')} until they are read again.`
  if (stream.key.length === 0) return lack
  const narrow = (mode === 'merge' || mode === 'append') && added.length === 1 ? ` --column ${added[0]}` : ''
  return `${lack} To read them now:  millrace backfill ${sync} --stream ${stream.name}${narrow}`
}
