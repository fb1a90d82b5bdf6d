/** `millrace backfill`: parts of the past read again, beside the live sync. */
import { parseDuration, durationForm } from '../config/duration.ts'
import { instantForm, parseInstant } from '../config/instant.ts'
import type { EtlSync, Project } from '../config/project.ts'
import type { BackfillOptions } from '../app/run-backfill.ts'
import { sumRequests } from '../model/backfill-plan.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { backfillText } from '../render/backfill-text.ts'
import { formatCounted } from '../render/format-number.ts'
import { findSync } from './find-sync.ts'
import { withApp } from './open-app.ts'
import { parseCount } from './parse-count.ts'
import type { CommandResult, Shell } from './shell.ts'
import { createShellRenderer, showRuns } from './sync-run.ts'

export type BackfillFlags = {
  readonly stream: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly step: string
  readonly column?: string
  readonly parallel: string
  readonly again?: boolean
  readonly dryRun?: boolean
  /** `--no-wait` makes it false. */
  readonly wait: boolean
}

export async function backfillSync(shell: Shell, name: string, flags: BackfillFlags): Promise<CommandResult> {
  const options = backfillOptions(flags)
  if (flags.dryRun) return showPlan(shell, name, options)
  const renderer = createShellRenderer(shell)
  const result = await withApp(shell, { onEvent: renderer.onEvent, firstSignal: 'checkpoint' }, async (app) => {
    const [{ runBackfill }, { checkSecrets }] = await Promise.all([
      import('../app/run-backfill.ts'),
      import('../app/check-project.ts'),
    ])
    const sync = findEtlSync(app.project, name)
    await checkSecrets(app, [sync])
    return runBackfill(app, sync, options)
  })
  const { skipped, left } = result
  if (!shell.json && skipped > 0) shell.say(` ${formatCounted(skipped, 'partition')} done before (--again reads them)`)
  if (!shell.json && left > 0)
    shell.say(` ${formatCounted(left, 'partition')} not begun: the same command goes on with them`)
  const shown = showRuns(shell, renderer, result)
  return { ...shown, result: { ...shown.result, skipped, left } }
}

function showPlan(shell: Shell, name: string, options: BackfillOptions): Promise<CommandResult> {
  return withApp(shell, {}, async (app) => {
    const { previewBackfill } = await import('../app/plan-backfill.ts')
    const plan = await previewBackfill(app, findEtlSync(app.project, name), options)
    if (shell.json) for (const partition of plan.partitions) shell.line({ type: 'partition', ...partition })
    else shell.print(backfillText(plan, { color: shell.color }))
    const left = plan.partitions.filter(({ done }) => !done).length
    return {
      exitCode: 0,
      result: { partitions: plan.partitions.length, left, ...sumRequests(plan) },
    }
  })
}

function findEtlSync(project: Project, name: string): EtlSync {
  const sync = findSync(project, name)
  if (sync.kind === 'etl') return sync
  throw new MillraceError('MR-1001', {
    message: `backfill ${name}: it is reverse ETL, which sends what the model holds now: there is no past to read.`,
    kept: 'Nothing was run.',
    next: `millrace sync run ${name}`,
  })
}

function backfillOptions(flags: BackfillFlags): BackfillOptions {
  const [from, to] = [instantOf('--from', flags.from), instantOf('--to', flags.to)]
  if (from !== null && to !== null && from >= to) throw badFlag(`--from ${flags.from} is not before --to ${flags.to}`)
  return {
    streams: flags.stream,
    from,
    to,
    step: stepOf(flags.step),
    column: flags.column ?? null,
    again: flags.again === true,
    parallel: parseCount('--parallel', flags.parallel),
    wait: flags.wait,
  }
}

function stepOf(text: string): BackfillOptions['step'] {
  const months = Number(/^(\d{1,3})mo$/.exec(text)?.[1] ?? 0)
  if (months > 0) return { months }
  const ms = parseDuration(text) ?? 0
  if (ms > 0) return { ms }
  throw badFlag(`--step ${text}: ${durationForm}, or months as \`1mo\`, and more than nothing`)
}

function instantOf(flag: string, text: string | undefined): string | null {
  if (text === undefined) return null
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  throw badFlag(`${flag} ${text}: it ${instantForm}`)
}

const badFlag = (message: string) => new MillraceError('MR-1001', { message, kept: 'Nothing was run.' })
