import type { CostFigures, RunCost } from '../model/run-cost.ts'
import { formatBytes, formatCount, formatCounted, formatCredits, formatSeconds } from './format-number.ts'
import { printable } from './printable.ts'
import { renderTable } from './table.ts'

/** Below the ledger of a run: its figures in one line, what they are made of, and what is not known of them. */
export function costText(cost: RunCost): string {
  const rows = cost.by_purpose.slice(0, mostRows).map((each) => [each.purpose || 'other', ...cellsOf(each)])
  const rest = cost.by_purpose.length - rows.length
  const notes = [...cost.notes, ...(rest > 0 ? [`${formatCounted(rest, 'more purpose')}:  --json`] : [])]
  return [
    '\n',
    cost.statements === null ? '' : `   in the warehouse: ${sumOf(cost)}\n`,
    rows.length > 0 ? renderTable(columns, rows) : '',
    ...notes.map((note) => `   ${printable(note)}\n`),
  ].join('')
}

function sumOf(cost: CostFigures): string {
  const { statements, execution_seconds, bytes_scanned, cloud_services_credits, compute_credits } = cost
  return [
    formatCounted(statements ?? 0, 'statement'),
    `${formatSeconds(execution_seconds ?? 0)} of execution`,
    `${formatBytes(bytes_scanned ?? 0)} scanned`,
    `credits: ${compute_credits === null ? 'not known' : formatCredits(compute_credits)} of compute, ${formatCredits(cloud_services_credits ?? 0)} of cloud services`,
  ].join(', ')
}

const cellsOf = ({ statements, execution_seconds, bytes_scanned, compute_credits }: CostFigures): readonly string[] => [
  statements === null ? '–' : formatCount(statements),
  execution_seconds === null ? '–' : formatSeconds(execution_seconds),
  bytes_scanned === null ? '–' : formatBytes(bytes_scanned),
  compute_credits === null ? '–' : formatCredits(compute_credits),
]

const columns = [
  'for',
  ...['statements', 'time', 'scanned', 'credits'].map((header) => ({ header, align: 'right' as const })),
]

const mostRows = 12
