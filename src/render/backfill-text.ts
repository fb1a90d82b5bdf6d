import { sumRequests, type BackfillPlan } from '../model/backfill-plan.ts'
import { formatCount, formatCounted, formatInstant } from './format-number.ts'
import { makePaint } from './paint.ts'
import { printable } from './printable.ts'
import { renderTable } from './table.ts'

/** `backfill --dry-run`: a line per partition, and what is to be read in all. */
export function backfillText(plan: BackfillPlan, { color }: { readonly color: boolean }): string {
  const { sync, partitions } = plan
  const left = partitions.filter(({ done }) => !done)
  const head = ` ${makePaint(color)('bold', printable(sync))}   ${formatCounted(partitions.length, 'partition')}, ${formatCount(left.length)} to read\n`
  const rows = partitions.map((partition) => [
    partition.column === null ? partition.stream : `${partition.stream}.${partition.column}`,
    partition.from === null ? 'everything' : formatInstant(partition.from),
    formatInstant(partition.to),
    partition.bounded_by ?? 'cannot be cut by time: one whole pass',
    partition.done ? 'done' : 'to read',
    partition.done ? '' : partition.counted === null ? 'not known' : formatCount(partition.counted),
  ])
  const columns = ['stream', 'from', 'to', 'by', 'state', { header: 'rows', align: 'right' }] as const
  return `${head}${renderTable(columns, rows, { color })} ${requestsText(plan)}\n`
}

/** Each part is a run of its own, which signs in and asks for descriptions. */
function requestsText(plan: BackfillPlan): string {
  const left = plan.partitions.filter(({ done }) => !done)
  if (left.length === 0) return 'nothing to read (--again reads what is done)'
  const unknown = left.filter((partition) => partition.requests_estimate === null).length
  const { requests_to_plan, requests_besides, requests_estimate } = sumRequests(plan)
  const sum = requests_to_plan + requests_besides + requests_estimate
  if (unknown === 0) return `about ${formatCounted(sum, 'request')}`
  return `at least ${formatCounted(sum, 'request')}: the vendor cannot count the rows of ${formatCounted(unknown, 'partition')}`
}
