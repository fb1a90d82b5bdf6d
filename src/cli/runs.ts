/** The history of runs, from the control store: it answers while a run is on. */
import type { RunRecord } from '../model/run.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatCount, formatInstant, formatSeconds } from '../render/format-number.ts'
import { ledgerLine } from '../render/ledger-line.ts'
import { printable } from '../render/printable.ts'
import { renderTable } from '../render/table.ts'
import type { App } from '../app/app.ts'
import { lookInWarehouse } from '../app/look-in-warehouse.ts'
import { readCost } from '../app/read-cost.ts'
import { costText } from '../render/cost-text.ts'
import { findSync } from './find-sync.ts'
import { withApp } from './open-app.ts'
import { parseCount } from './parse-count.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function listRuns(
  shell: Shell,
  flags: { readonly limit: string; readonly sync?: string },
): Promise<CommandResult> {
  const limit = parseCount('--limit', flags.limit)
  return withApp(shell, { check: 'target' }, async (app, { isWhole }) => {
    const runs = await app.store.runs({ limit, ...(flags.sync === undefined ? {} : { sync: flags.sync }) })
    // One that was taken out of the project may still have runs.
    if (runs.length === 0 && flags.sync !== undefined && isWhole) findSync(app.project, flags.sync)
    if (shell.json) for (const { process: _process, alive: _alive, ...run } of runs) shell.line({ type: 'run', ...run })
    else {
      const rows = runs.map((run) => [
        run.run_id,
        run.sync,
        run.target,
        wordOf(run),
        formatInstant(run.started_at),
        ledgerLine(run),
      ])
      shell.print(renderTable(columns, rows, { color: shell.color }))
    }
    return { exitCode: 0, result: { count: runs.length } }
  })
}

export async function showRun(
  shell: Shell,
  id: string,
  flags: { readonly cost?: boolean } = {},
): Promise<CommandResult> {
  return withApp(shell, { check: 'target' }, async (app) => {
    const stored = await app.store.run(id)
    const { process, alive, ...run } = stored ?? { ...(await runInWarehouse(app, id)), process: null, alive: false }
    const cost = flags.cost === false ? null : await readCost(app, run)
    if (shell.json) shell.line({ type: 'run', ...run, ...(cost && { cost }) })
    else {
      shell.print(
        runText(
          run,
          wordOf({ ...run, alive }),
          process ? `pid ${process.pid} on ${process.host}` : 'as the warehouse has it',
        ),
      )
      if (cost) shell.print(costText(cost))
    }
    return { exitCode: 0 }
  })
}

/** The control store may be another machine's, or lost; what ended stands in the warehouse, too. @throws MillraceError MR-1002 */
async function runInWarehouse(app: App, id: string): Promise<RunRecord> {
  const [run] = await lookInWarehouse(
    app,
    { runId: id, purpose: 'run show' },
    { look: ({ state }) => state.readRuns({ runId: id, limit: 1 }), nothing: [] },
  )
  if (run) return run
  throw new MillraceError('MR-1002', {
    message: `There is no run ${id} in the control store, nor in the warehouse of ${app.target.name}.`,
    next: 'millrace runs',
  })
}

function wordOf(run: Pick<RunRecord, 'status'> & { readonly alive: boolean }): string {
  if (run.status === 'running') return run.alive ? 'running' : 'ended without a word'
  return run.status === 'not_run' ? 'not run' : run.status
}

function runText(run: RunRecord, word: string, by: string): string {
  const streams = Object.entries(run.streams ?? {})
  const ledgers: readonly (readonly [string, object])[] =
    streams.length > 0 ? streams : run.ledger ? [[run.sync, run.ledger]] : []
  const names = [...new Set(ledgers.flatMap(([, ledger]) => Object.keys(ledger)))]
  const cells = ledgers.map(([name, ledger]) => [
    name,
    ...names.map((each) => {
      const count: unknown = Object.entries(ledger).find(([key]) => key === each)?.[1]
      return typeof count === 'number' ? formatCount(count) : '–'
    }),
  ])
  const head = [
    ` run ${run.run_id}   ${printable(run.sync)} on ${printable(run.target)}: ${word}`,
    `   ${formatInstant(run.started_at)}, ${formatSeconds(run.seconds)}, ${formatCount(run.requests)} requests, by ${run.trigger}${run.commit === null ? '' : `, commit ${run.commit}`}, ${by}`,
    ...(run.partition === undefined ? [] : [`   backfill of ${printable(run.partition)}`]),
    ...((run.longest_wait_seconds ?? 0) > 1
      ? [`   waited ${formatSeconds(run.longest_wait_seconds ?? 0)} at the longest`]
      : []),
    ...(run.error ? [`   ${run.error.code}: ${printable(run.error.message)}`] : []),
  ]
  // Turned on its side: a ledger has more names than a terminal has columns.
  const columns = ['', ...cells.map(([name = '']) => ({ header: printable(name), align: 'right' as const }))]
  const rows = names.map((name, index) => [name, ...cells.map((row) => row[index + 1] ?? '')])
  return `${head.join('\n')}\n${rows.length > 0 ? renderTable(columns, rows) : ''}`
}

const columns = ['run', 'sync', 'target', 'status', 'started', 'ledger']
