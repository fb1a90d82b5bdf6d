import { systemClock } from '../model/clock.ts'
import { renderTable } from '../render/table.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule, Slot } from '../schedule/schedule.ts'
import { nextSlots } from '../schedule/slots.ts'
import { noSchedules } from './find-schedule.ts'
import { openProject } from './open-project.ts'
import { localText, scheduleLine, slotLine, triggerText } from './schedule-text.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function listSchedules(shell: Shell): Promise<CommandResult> {
  const now = systemClock.now()
  const rows = schedulesOf(await openProject(shell)).map((schedule) => ({
    schedule,
    next: nextSlots(schedule, now, 1)[0] ?? null,
  }))
  if (shell.json)
    for (const { schedule, next } of rows)
      shell.line({ type: 'schedule', ...scheduleLine(schedule), next: next && slotLine(next, schedule.timezone) })
  else if (rows.length === 0) shell.say(noSchedules)
  else shell.print(renderTable(columns, rows.map(rowOf), { color: shell.color }))
  return { exitCode: 0 }
}

function rowOf({ schedule, next }: { readonly schedule: Schedule; readonly next: Slot | null }): readonly string[] {
  const { name, timezone, select, exclude, trigger } = schedule
  const runs = [...select, ...exclude.map((word) => `not ${word}`)].join(', ')
  const when = next ? localText(next.instant, timezone) : trigger.kind === 'after' ? '' : 'never again'
  return [name, triggerText(schedule), timezone, runs, when]
}

const columns = ['schedule', 'when', 'timezone', 'runs', 'next'].map((header) => ({ header }))
