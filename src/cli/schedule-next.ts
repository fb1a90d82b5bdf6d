import { systemClock } from '../model/clock.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { printable } from '../render/printable.ts'
import { renderTable } from '../render/table.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { nextSlots } from '../schedule/slots.ts'
import { findSchedule, noSchedules } from './find-schedule.ts'
import { openProject } from './open-project.ts'
import { parseCount } from './parse-count.ts'
import { durationText, localText, slotLine, utcText } from './schedule-text.ts'
import type { CommandResult, Shell } from './shell.ts'

export type NextFlags = { readonly count: string }

/** The next slots of one schedule, or of all together. */
export async function showNextSlots(shell: Shell, name: string | undefined, flags: NextFlags): Promise<CommandResult> {
  const count = readCount(flags.count)
  const all = schedulesOf(await openProject(shell))
  const chosen = name === undefined ? all : [findSchedule(all, name)]
  if (chosen.length === 0) shell.say(noSchedules)
  const found = slotsOf(chosen, count)
  if (shell.json) for (const { slot, timezone } of found) shell.line({ type: 'slot', ...slotLine(slot, timezone) })
  else if (found.length > 0) shell.print(renderTable(columns, found.map(rowOf), { color: shell.color }))
  for (const schedule of chosen) sayWhyNone(shell, schedule, found)
  return { exitCode: 0 }
}

function readCount(text: string): number {
  const count = parseCount('--count', text)
  if (count <= mostSlots) return count
  throw new MillraceError('MR-1001', { message: `--count ${text}: at most ${mostSlots}`, kept: 'Nothing was run.' })
}

type Found = ReturnType<typeof slotsOf>

function slotsOf(schedules: readonly Schedule[], count: number) {
  const now = systemClock.now()
  return schedules
    .flatMap((schedule) => nextSlots(schedule, now, count).map((slot) => ({ slot, timezone: schedule.timezone })))
    .sort((a, b) => Date.parse(a.slot.instant) - Date.parse(b.slot.instant))
    .slice(0, count)
}

function rowOf({ slot, timezone }: Found[number]): readonly string[] {
  const jitterMs = Date.parse(slot.dueAt) - Date.parse(slot.instant)
  const jitter = jitterMs === 0 ? '' : `+${durationText(Math.round(jitterMs / 1_000) * 1_000)}`
  return [slot.schedule, localText(slot.instant, timezone), utcText(slot.instant), timezone, jitter, slot.note ?? '']
}

function sayWhyNone(shell: Shell, { name, trigger }: Schedule, found: Found): void {
  if (trigger.kind === 'after')
    shell.say(`${printable(name)} has no times of its own: it runs when ${printable(trigger.all.join(' and '))} ended.`)
  else if (found.length === 0) shell.say(`${printable(name)} has no more slots.`)
}

const columns = ['schedule', 'local time', 'UTC', 'timezone', 'jitter', 'note'].map((header) => ({ header }))
const mostSlots = 1_000
