/** What stands of accounts that a pass over everything has not read, as it was loaded before. */
import type { Scan } from '../connector/contract.ts'
import type { WholeOf } from '../connector/checkpoint.ts'
import { askedOf } from './asked.ts'
import { leftUnread } from './changed-options.ts'
import type { EtlContext } from './context.ts'
import { takenRowsOf } from './stored-rows-of.ts'
import type { StreamStart } from './stream-work.ts'

/** Before the last commit: behind it nothing would be known of what was asked before. */
export async function sayOfUnread(
  context: EtlContext,
  { plan, cursor, fence }: StreamStart,
  { scan, wholeOf }: { readonly scan: Scan; readonly wholeOf: WholeOf | null },
): Promise<void> {
  const before = cursor.marks?.asked
  if (!wholeOf || !before || !scan.full || scan.limit !== null || fence.partition !== '') return
  const message = leftUnread(plan, { before, now: askedOf(plan, scan.start) })
  if (message === null) return
  const of = takenRowsOf(plan, wholeOf)
  const { runId, signal } = context
  const purpose = `look at ${plan.stream.name}`
  const areThere = await context.warehouse.session({ runId, purpose, signal }, async (session) => {
    const table = await session.introspect(plan.shape.table.schema, plan.shape.table.name)
    return table !== null && (of === undefined || session.etl.holdsRowsBeside({ table, of }))
  })
  if (areThere) context.emit({ type: 'run.warning', run_id: runId, message })
}
