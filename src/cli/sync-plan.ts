import { planSyncs } from '../app/plan-syncs.ts'
import { selectSyncs } from '../config/select.ts'
import { exitCodeOf } from '../model/exit-code.ts'
import type { MillraceError } from '../model/millrace-error.ts'
import type { SyncPlan } from '../model/plan.ts'
import { errorsOf } from '../render/errors-of.ts'
import { planOnTarget } from '../render/on-target.ts'
import { renderPlan } from '../render/plan-text.ts'
import { withApp } from './open-app.ts'
import { reportError } from './report-error.ts'
import type { CommandResult, Shell } from './shell.ts'

export type PlanFlags = {
  readonly exclude?: readonly string[]
  readonly offline?: boolean
  readonly detailedExitcode?: boolean
}

export async function planChosenSyncs(
  shell: Shell,
  select: readonly string[],
  flags: PlanFlags,
): Promise<CommandResult> {
  return withApp(shell, {}, async (app) => {
    const syncs = selectSyncs(app.project, { select, exclude: flags.exclude ?? [], all: select.length === 0 })
    let changes = false
    const errors: MillraceError[] = []
    for (const sync of syncs)
      try {
        for (const planned of await planSyncs(app, [sync], { offline: flags.offline === true })) {
          const plan = planOnTarget(planned, shell.target)
          changes ||= hasChanges(plan)
          if (shell.json) shell.line({ type: 'plan', ...plan })
          else shell.print(`${renderPlan(shorten(plan), { color: shell.color })}\n`)
        }
      } catch (error) {
        if (shell.stop.signal.aborted) throw error
        // Of a warehouse that cannot be opened it is the same of each.
        for (const each of errorsOf(error))
          if (!errors.some(({ code, message }) => code === each.code && message === each.message)) errors.push(each)
      }
    // Behind the plans, as a run does it: what cannot be planned hides no other.
    for (const error of errors) reportError(shell, error)
    const planned = changes && flags.detailedExitcode ? 3 : 0
    return { exitCode: errors.length > 0 ? exitCodeOf(errors) : planned, result: { changes } }
  })
}

/** ETL reads whatever there is: a change is a table that would be made or altered, or a stream never loaded. */
function hasChanges(plan: SyncPlan): boolean {
  if (plan.kind === 'etl')
    return plan.streams.some((stream) => !stream.loaded_before || stream.schema_changes.length > 0)
  const removed = plan.on_removed === 'ignore' ? 0 : plan.removed
  return plan.added + plan.changed + plan.retry + removed > 0 || plan.schema_changes.length > 0
}

/** A screen holds a few samples; `--json` has them all. */
const shorten = (plan: SyncPlan): SyncPlan =>
  plan.kind === 'etl' ? plan : { ...plan, samples: plan.samples.slice(0, shownSamples) }

const shownSamples = 5
