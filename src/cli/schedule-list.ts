import { renderTable } from '../render/table.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import { isEnabledOn, type Schedule, type Slot } from '../schedule/schedule.ts'
import { nextSlots } from '../schedule/slots.ts'
import { noSchedules } from './find-schedule.ts'
import { withApp } from './open-app.ts'
import { localText, scheduleLine, slotLine, triggerText } from './schedule-text.ts'
import type { CommandResult, Shell } from './shell.ts'

/** With the pauses that were made at run time: they differ from what stands in git. */
export async function listSchedules(shell: Shell): Promise<CommandResult> {
  return withApp(shell, { check: false }, async ({ project, store, clock, target }) => {
    const pauses = await store.pauses()
    const rows = schedulesOf(project).map((schedule) => ({
      schedule,
      next: isEnabledOn(schedule, target.name) ? (nextSlots(schedule, clock.now(), 1)[0] ?? null) : null,
      pause: pauses.get(schedule.name) ?? null,
      target: target.name,
    }))
    if (shell.json)
      for (const { schedule, next, pause } of rows)
        shell.line({
          type: 'schedule',
          ...scheduleLine(schedule),
          next: next && slotLine(next, schedule.timezone),
          pause,
        })
    else if (rows.length === 0) shell.say(noSchedules)
    else shell.print(renderTable(columns, rows.map(rowOf), { color: shell.color }))
    return { exitCode: 0 }
  })
}

type ListedSchedule = {
  readonly schedule: Schedule
  readonly next: Slot | null
  readonly pause: { readonly by: string } | null
  readonly target: string
}

function rowOf({ schedule, next, pause, target }: ListedSchedule): readonly string[] {
  const { name, timezone, select, exclude, trigger } = schedule
  const runs = [...select, ...exclude.map((word) => `not ${word}`)].join(', ')
  if (!isEnabledOn(schedule, target)) return [name, triggerText(schedule), timezone, runs, `not enabled on ${target}`]
  if (pause) return [name, triggerText(schedule), timezone, runs, `paused by ${pause.by} (not in git)`]
  const when = next ? localText(next.instant, timezone) : trigger.kind === 'after' ? '' : 'never again'
  return [name, triggerText(schedule), timezone, runs, when]
}

const columns = ['schedule', 'when', 'timezone', 'runs', 'next']
