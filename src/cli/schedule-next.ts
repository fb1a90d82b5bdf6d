import type { App } from '../app/app.ts'
import type { Project } from '../config/project.ts'
import { systemClock } from '../model/clock.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { printable } from '../render/printable.ts'
import { renderTable } from '../render/table.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import { isEnabledOn, type Schedule } from '../schedule/schedule.ts'
import { nextSlots } from '../schedule/slots.ts'
import { findSchedule, noSchedules } from './find-schedule.ts'
import { withApp } from './open-app.ts'
import { openProject } from './open-project.ts'
import { parseCount } from './parse-count.ts'
import { durationText, localText, slotLine, utcText } from './schedule-text.ts'
import type { CommandResult, Shell } from './shell.ts'

export type NextFlags = { readonly count: string }

/** The next slots on this target, of one schedule or of all together. Those of a paused one are shown as such: it may be resumed before. */
export async function showNextSlots(shell: Shell, name: string | undefined, flags: NextFlags): Promise<CommandResult> {
  const count = readCount(flags.count)
  const project = await openProject(shell)
  const target = shell.target ?? project.defaultTarget
  const all = schedulesOf(project)
  const chosen = name === undefined ? all : [findSchedule(all, name)]
  if (chosen.length === 0) shell.say(noSchedules)
  const enabled = chosen.filter((schedule) => isEnabledOn(schedule, target))
  const slots = slotsOf(enabled, count)
  const pauses = slots.length > 0 ? await readPauses(shell, project) : undefined
  const found = slots.map((each) => ({ ...each, pause: pauses?.get(each.slot.schedule) ?? null }))
  if (shell.json)
    for (const { slot, timezone, pause } of found)
      shell.line({ type: 'slot', ...slotLine(slot, timezone), ...(pauses && { pause }) })
  else if (found.length > 0) shell.print(renderTable(columns, found.map(rowOf), { color: shell.color }))
  for (const schedule of chosen)
    if (enabled.includes(schedule)) sayWhyNone(shell, schedule, slots)
    else shell.say(`${printable(schedule.name)} is not enabled on ${printable(target)}: none of its slots runs there.`)
  return { exitCode: 0 }
}

function readCount(text: string): number {
  const count = parseCount('--count', text)
  if (count <= mostSlots) return count
  throw new MillraceError('MR-1001', { message: `--count ${text}: at most ${mostSlots}`, kept: 'Nothing was run.' })
}

type Pauses = Awaited<ReturnType<App['store']['pauses']>>
type Found = ReturnType<typeof slotsOf>

/** undefined, and said: they cannot be asked for. The instants are known without them. */
async function readPauses(shell: Shell, project: Project): Promise<Pauses | undefined> {
  try {
    return await withApp(shell, { check: false, project }, ({ store }) => store.pauses())
  } catch (error) {
    if (!(error instanceof MillraceError) || shell.stop.signal.aborted) throw error
    shell.say(`Whether any of these is paused is not known: ${error.message}`)
    return undefined
  }
}

function slotsOf(schedules: readonly Schedule[], count: number) {
  const now = systemClock.now()
  return schedules
    .flatMap((schedule) => nextSlots(schedule, now, count).map((slot) => ({ slot, timezone: schedule.timezone })))
    .sort((a, b) => Date.parse(a.slot.instant) - Date.parse(b.slot.instant))
    .slice(0, count)
}

function rowOf({
  slot,
  timezone,
  pause,
}: Found[number] & { readonly pause: { readonly by: string } | null }): readonly string[] {
  const jitterMs = Date.parse(slot.dueAt) - Date.parse(slot.instant)
  const jitter = jitterMs === 0 ? '' : `+${durationText(Math.round(jitterMs / 1_000) * 1_000)}`
  const notes = [...(pause ? [`paused by ${pause.by}`] : []), ...(slot.note === null ? [] : [slot.note])]
  return [slot.schedule, localText(slot.instant, timezone), utcText(slot.instant), timezone, jitter, notes.join('; ')]
}

function sayWhyNone(shell: Shell, { name, trigger }: Schedule, found: Found): void {
  if (trigger.kind === 'after')
    shell.say(`${printable(name)} has no times of its own: it runs when ${printable(trigger.all.join(' and '))} ended.`)
  else if (found.length === 0) shell.say(`${printable(name)} has no more slots.`)
}

const columns = ['schedule', 'local time', 'UTC', 'timezone', 'jitter', 'note']
const mostSlots = 1_000
