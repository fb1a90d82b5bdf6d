import type { RunRecord } from '../model/run.ts'
import { padToWidth, displayWidth } from './display-width.ts'
import { formatCount, formatCounted, formatSeconds } from './format-number.ts'
import { isEtl, ledgerLine } from './ledger-line.ts'
import { makePaint, type Style } from './paint.ts'
import { printable } from './printable.ts'
import { runLabel } from './run-label.ts'
import type { RunResult } from './renderer-contract.ts'

/** A line per run, and the outcome of all of them as the last line. */
export function outcomeText(result: RunResult, { color }: { readonly color: boolean }): string {
  const paint = makePaint(color)
  const nameWidth = Math.max(0, ...result.runs.map((run) => displayWidth(printable(runLabel(run)))))
  const runs = result.runs.map((run) => {
    const status = paint(styleOf[run.status], padToWidth(wordOf(run.status), 7))
    return ` ${padToWidth(printable(runLabel(run)), nameWidth)}  ${status}  ${ledgerLine(run)}`
  })
  return [...runs, ` ${paint(result.exit_code === 0 ? 'green' : 'bold', lastLine(result))}`]
    .map((line) => `${line}\n`)
    .join('')
}

function lastLine({ runs, exit_code }: RunResult): string {
  if (runs.length === 0) return exit_code === 0 ? 'Nothing to do.' : `Nothing was run (exit ${exit_code}).`
  const parts = (['ok', 'partial', 'failed', 'stopped', 'not_run'] as const).flatMap((status) => {
    const count = runs.filter((run) => run.status === status).length
    return count > 0 ? [`${formatCount(count)} ${wordOf(status)}`] : []
  })
  const seconds = spanSeconds(runs)
  const rows = [loadedText(runs), deliveredText(runs), rejectedText(runs)].filter((text) => text !== '')
  const exit = exit_code === 0 ? '' : ` (exit ${exit_code})`
  return `${formatCounted(runs.length, 'run')}: ${parts.join(', ')}${exit} · ${[...rows, formatSeconds(seconds)].join(' · ')}`
}

/** From the first beginning to the last end: runs go side by side. */
function spanSeconds(runs: readonly RunRecord[]): number {
  const begins = runs.map((run) => Date.parse(run.started_at))
  const ends = runs.map((run) => Date.parse(run.started_at) + run.seconds * 1_000)
  return Math.max(0, (Math.max(...ends) - Math.min(...begins)) / 1_000)
}

function loadedText(runs: readonly RunRecord[]): string {
  const ledgers = runs.flatMap((run) => (run.ledger && isEtl(run.ledger) ? [run.ledger] : []))
  return ledgers.length === 0 ? '' : `${formatCounted(sum(ledgers.map((ledger) => ledger.loaded)), 'row')} loaded`
}

function deliveredText(runs: readonly RunRecord[]): string {
  const ledgers = runs.flatMap((run) => (run.ledger && !isEtl(run.ledger) ? [run.ledger] : []))
  return ledgers.length === 0 ? '' : `${formatCounted(sum(ledgers.map((ledger) => ledger.delivered)), 'row')} delivered`
}

function rejectedText(runs: readonly RunRecord[]): string {
  const count = sum(runs.map((run) => run.ledger?.rejected ?? 0))
  return count === 0 ? '' : `${formatCount(count)} rejected`
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
const wordOf = (status: RunRecord['status']) => (status === 'not_run' ? 'not run' : status)

const styleOf = {
  ok: 'green',
  partial: 'yellow',
  failed: 'red',
  stopped: 'yellow',
  not_run: 'yellow',
  running: 'plain',
} as const satisfies Record<RunRecord['status'], Style>
