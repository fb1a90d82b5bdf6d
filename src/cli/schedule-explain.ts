import type { Project } from '../config/project.ts'
import { selectSyncs } from '../config/select.ts'
import { systemClock } from '../model/clock.ts'
import { makePaint } from '../render/paint.ts'
import { printable } from '../render/printable.ts'
import { dstChanges } from '../schedule/dst-changes.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { nextSlots } from '../schedule/slots.ts'
import { findSchedule } from './find-schedule.ts'
import { openProject } from './open-project.ts'
import { durationText, localText, scheduleLine, slotLine, triggerText, utcText } from './schedule-text.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function explainSchedule(shell: Shell, name: string): Promise<CommandResult> {
  const project = await openProject(shell)
  const explained = lookAt(project, findSchedule(schedulesOf(project), name))
  if (shell.json) shell.line({ type: 'schedule', ...lineOf(explained) })
  else shell.print(textOf(explained, shell.color))
  return { exitCode: 0 }
}

type Explained = ReturnType<typeof lookAt>

function lookAt(project: Project, schedule: Schedule) {
  const now = systemClock.now()
  const { select, exclude } = schedule
  return {
    schedule,
    syncs: selectSyncs(project, { select, exclude, all: false }).map((sync) => sync.name),
    slots: nextSlots(schedule, now, 5),
    changes: dstChanges(schedule, { after: now, until: new Date(now.getTime() + yearMs) }),
  }
}

function lineOf({ schedule, syncs, slots, changes }: Explained) {
  const next = slots.map((slot) => slotLine(slot, schedule.timezone))
  return { ...scheduleLine(schedule), syncs, next, clock_changes: changes }
}

function textOf(explained: Explained, color: boolean): string {
  const paint = makePaint(color)
  const lines = factsOf(explained).flatMap(([label, texts]) =>
    texts.map((text, index) => ` ${paint('dim', (index === 0 ? label : '').padEnd(labelWidth))}  ${printable(text)}`),
  )
  return [` ${paint('bold', printable(explained.schedule.name))}`, ...lines].map((line) => `${line}\n`).join('')
}

function factsOf({ schedule, syncs, slots, changes }: Explained): readonly (readonly [string, readonly string[]])[] {
  const { catchup, overlap, retry, timeoutMs, graceMs, jitterMs, timezone, select, exclude, priority, targets } =
    schedule
  const without = exclude.length > 0 ? ` without ${exclude.join(', ')}` : ''
  return [
    ['when', [whenText(schedule)]],
    ['syncs', [syncs.join(', ') || 'none', `by ${select.join(', ')}${without}`]],
    ['overlap', [`${overlap}: ${overlaps[overlap]}`]],
    ['catch-up', [catchupText(catchup)]],
    ['timeout', [`${durationText(timeoutMs)}, and ${durationText(graceMs)} more to get to a checkpoint`]],
    ['retry', [retryText(retry)]],
    ['jitter', [jitterMs === 0 ? 'none' : `less than ${durationText(jitterMs)}, always the same for a slot`]],
    ['priority', [`${priority}: ${priorities[priority]}`]],
    ['targets', [targetsText(targets)]],
    ['next', slots.length > 0 ? slots.map((slot) => slotText(slot, timezone)) : [noSlots(schedule)]],
    ['clocks', changes.length > 0 ? changes.map(({ note }) => note) : [untouched(schedule)]],
  ]
}

function whenText(schedule: Schedule): string {
  const { trigger, timezone } = schedule
  const text = triggerText(schedule)
  switch (trigger.kind) {
    case 'cron':
    case 'at':
      return `${text}, in ${timezone}`
    case 'every':
      return `${text}, counted from 1970-01-01 00:00 UTC; shown in ${timezone}`
    case 'after':
      return `${text}: when all of them ended ok or partial within ${durationText(trigger.withinMs)}; otherwise the slot is missed`
  }
}

function catchupText({ mode, windowMs }: Schedule['catchup']): string {
  const window = durationText(windowMs)
  switch (mode) {
    case 'none':
      return 'none: missed slots are recorded and not run'
    case 'latest':
      return `latest: of the missed slots the newest runs, if it is not older than ${window}; the others are recorded`
    case 'all':
      return `all: missed slots run one after the other, those not older than ${window}; older ones are recorded`
  }
}

function retryText({ attempts, initialMs, maxMs }: Schedule['retry']): string {
  if (attempts === 1) return `none: one run a slot, ${orMore}`
  return `${attempts} runs a slot at most, ${orMore}; the second after ${durationText(initialMs)}, no wait longer than ${durationText(maxMs)}`
}

function slotText({ instant, note }: Explained['slots'][number], timezone: string): string {
  return [localText(instant, timezone), `(${utcText(instant)})`, ...(note === null ? [] : [note])].join('  ')
}

const targetsText = (targets: Schedule['targets']): string =>
  targets === 'all' ? 'all' : targets.length === 0 ? 'none: enabled is false' : `only ${targets.join(', ')}`

const noSlots = ({ trigger }: Schedule) =>
  trigger.kind === 'after' ? `none by time: it follows ${trigger.all.join(', ')}` : 'none any more'

const untouched = ({ trigger, timezone }: Schedule) =>
  trigger.kind === 'after'
    ? 'only by way of what it follows'
    : `no change of the clocks of ${timezone} in the coming year touches it`

const overlaps: { readonly [overlap in Schedule['overlap']]: string } = {
  skip: 'while a sync still runs for an earlier slot, it is left out of this one',
  buffer_one: 'while a sync still runs for an earlier slot, one more waits for it',
  allow: 'a sync runs beside its own earlier run',
}
const priorities: { readonly [priority in Schedule['priority']]: string } = {
  high: 'goes before others where there is room for one',
  normal: 'goes by its time',
  low: 'lets others go first',
}
const orMore = 'unless its daemon is killed'
const labelWidth = 8
const yearMs = 365 * 86_400_000
