import { parseDuration } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import type { SchedulesFile } from '../config/schedules-file.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { describeFold, describeGap } from './dst-note.ts'
import type { Schedule, Trigger } from './schedule.ts'
import { instantOfWall, segmentAt, wallAt } from './zone-segments.ts'

/** The schedules of a project, in the file's order. */
export function schedulesOf(project: Project): readonly Schedule[] {
  // `resolveSchedules` of check-schedules.ts made it, of exactly this shape; as a part of Project it is plain JSON.
  const written = (project.schedules['schedules'] ?? {}) as unknown as { readonly [name: string]: Written }
  return Object.entries(written).map(([name, each]) => ({
    name,
    select: each.select,
    exclude: each.exclude,
    trigger: triggerOf(each),
    timezone: each.timezone,
    overlap: each.overlap,
    catchup: { mode: each.catchup.mode, windowMs: toMs(each.catchup.window) },
    timeoutMs: toMs(each.timeout),
    graceMs: toMs(each.grace),
    retry: { attempts: each.retry.attempts, initialMs: toMs(each.retry.initial), maxMs: toMs(each.retry.max) },
    jitterMs: each.jitter === undefined ? 0 : toMs(each.jitter),
    priority: each.priority,
    targets: each.enabled === true ? 'all' : each.enabled === false ? [] : each.enabled,
  }))
}

type Written = Omit<SchedulesFile['schedules'][string], keyof SchedulesFile['defaults']> & SchedulesFile['defaults']

function triggerOf({ cron, every, at, after, timezone }: Written): Trigger {
  if (cron !== undefined) return { kind: 'cron', pattern: cron }
  if (every !== undefined) return { kind: 'every', everyMs: toMs(every) }
  if (at !== undefined) return atTrigger(typeof at === 'string' ? [at] : at, timezone)
  if (after !== undefined) return { kind: 'after', all: after.all, withinMs: toMs(after.within) }
  throw new MillraceError('MR-7000', {
    message: 'reading schedules.yaml: a schedule that passed the checks says no time',
  })
}

function atTrigger(texts: readonly string[], timezone: string): Trigger {
  const read = texts.map((text) => readInstant(text, timezone)).sort((a, b) => a.instantMs - b.instantMs)
  const instants = [...new Set(read.map(({ instantMs }) => new Date(instantMs).toISOString()))]
  const notes = Object.fromEntries(
    read.flatMap(({ instantMs, note }) => (note === null ? [] : [[new Date(instantMs).toISOString(), note] as const])),
  )
  return { kind: 'at', instants, notes }
}

function readInstant(text: string, timezone: string): { readonly instantMs: number; readonly note: string | null } {
  if (/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text.slice(text.indexOf('T')))) return { instantMs: Date.parse(text), note: null }
  const wallMs = Date.parse(`${text}Z`)
  const instantMs = instantOfWall(timezone, wallMs)
  return { instantMs, note: noteOf({ wallMs, instantMs, timezone }) }
}

function noteOf({
  wallMs,
  instantMs,
  timezone,
}: {
  readonly wallMs: number
  readonly instantMs: number
  readonly timezone: string
}) {
  const runsAtMs = wallAt(timezone, instantMs)
  if (runsAtMs !== wallMs) return describeGap([wallMs], { timezone, runsAtMs })
  const { endMs, offsetAfterMs } = segmentAt(timezone, instantMs)
  return wallMs >= endMs + offsetAfterMs ? describeFold(wallMs, { timezone, runsAt: 'the first' }) : null
}

/** Checked when the file was read. */
const toMs = (text: string): number => parseDuration(text) ?? 0
