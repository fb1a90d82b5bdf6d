import { suggest } from './check-names.ts'
import { findCircle } from './order-syncs.ts'
import type { Project } from './project.ts'
import type { SchedulesFile } from './schedules-file.ts'
import { matchSelector } from './select.ts'
import type { Report, YamlFile } from './yaml-file.ts'

/** `targets` null: they are not known. */
export type CheckedProject = Pick<Project, 'syncs' | 'models'> & { readonly targets: Project['targets'] | null }

type Context = { readonly yaml: YamlFile; readonly brokenSyncs: readonly string[]; readonly report: Report }
type Checking = { readonly file: SchedulesFile; readonly project: CheckedProject; readonly context: Context }
type Selectable = Pick<Project, 'syncs' | 'models'>

/** What schedules select and wait for must be there. */
export function checkSchedules(file: SchedulesFile, project: CheckedProject, context: Context): void {
  const { yaml, report } = context
  const names = Object.keys(file.schedules)
  for (const [name, schedule] of Object.entries(file.schedules)) {
    for (const part of ['select', 'exclude'] as const)
      for (const [index, word] of schedule[part].entries()) {
        const match = matchSelector(project, word)
        // A sync whose file is broken may carry any tag: its own finding is enough.
        if ('code' in match && context.brokenSyncs.length === 0)
          report(match.code === 'MR-1002' ? 'MR-1204' : match.code, {
            ...match.parts,
            place: yaml.placeOf(['schedules', name, part, index], 'value'),
          })
      }
    checkExclude(name, { file, project, context })
    checkTargets(name, { file, project, context })
    checkOverlap(name, { file, project, context })
    for (const [index, other] of (schedule.after?.all ?? []).entries())
      if (!names.includes(other))
        report('MR-1204', {
          message: `there is no schedule \`${other}\``,
          next: suggest(other, names) ?? `There are: ${names.join(', ')}.`,
          place: yaml.placeOf(['schedules', name, 'after', 'all', index], 'value'),
        })
  }
  const circle = findCircle(new Map(names.map((name) => [name, file.schedules[name]?.after?.all ?? []])))
  if (circle)
    report('MR-1207', {
      message: `schedules wait for each other in a circle: ${circle.join(' → ')}`,
      next: 'Take one of these out of `after`.',
      place: yaml.placeOf(['schedules', circle[0] ?? '', 'after'], 'key'),
    })
}

function checkTargets(name: string, { file, project, context: { yaml, report } }: Checking): void {
  const enabled = file.schedules[name]?.enabled
  if (project.targets === null) return
  const targets = Object.keys(project.targets)
  for (const [index, target] of (Array.isArray(enabled) ? enabled : []).entries())
    if (!targets.includes(target))
      report('MR-1204', {
        message: `there is no target \`${target}\``,
        next: suggest(target, targets) ?? `There are: ${targets.join(', ')}.`,
        place: yaml.placeOf(['schedules', name, 'enabled', index], 'value'),
      })
}

/** A schedule of nothing would be quiet for ever. */
function checkExclude(name: string, { file, project, context: { yaml, brokenSyncs, report } }: Checking): void {
  const schedule = file.schedules[name]
  if (!schedule || (schedule.enabled ?? file.defaults.enabled) === false || brokenSyncs.length > 0) return
  if (namedBy(project, schedule.select).size === 0 || chosenBy(project, schedule).size > 0) return
  report('MR-1201', {
    message: nothingToRun(name),
    next: 'Exclude less, or write `enabled: false`.',
    place: yaml.placeOf(['schedules', name, 'exclude'], 'key'),
  })
}

/** Where `exclude` leaves nothing of a schedule. */
export const nothingToRun = (name: string): string =>
  `the schedule \`${name}\` has no sync to run: its \`exclude\` takes all that its \`select\` names`

const chosenBy = (
  project: Selectable,
  { select, exclude }: { readonly select: readonly string[]; readonly exclude: readonly string[] },
): ReadonlySet<string> => namedBy(project, select).difference(namedBy(project, exclude))

const namedBy = (project: Selectable, words: readonly string[]): ReadonlySet<string> =>
  new Set(
    words.flatMap((word) => {
      const match = matchSelector(project, word)
      return 'names' in match ? match.names : []
    }),
  )

/** Two loads of one sync at once have one cursor between them: one would wait for the other. */
function checkOverlap(name: string, { file, project, context: { yaml, report } }: Checking): void {
  const schedule = file.schedules[name]
  if (!schedule || (schedule.overlap ?? file.defaults.overlap) !== 'allow') return
  const chosen = chosenBy(project, schedule)
  const loads = project.syncs.filter((sync) => sync.kind === 'etl' && chosen.has(sync.name)).map((sync) => sync.name)
  if (loads.length === 0) return
  report('MR-1201', {
    message: `\`overlap: allow\` for ${loads.join(', ')}, which load by a cursor: two at once would wait for each other`,
    next: 'Write `buffer_one` to run once more afterwards, or `skip`.',
    place: yaml.placeOf(schedule.overlap ? ['schedules', name, 'overlap'] : ['defaults', 'overlap'], 'value'),
  })
}

/** Every schedule with the file's defaults filled in. Durations stay as they were written. */
export function resolveSchedules(file: SchedulesFile): Project['schedules'] {
  const { defaults } = file
  const schedules = Object.entries(file.schedules).map(
    ([name, schedule]) => [name, { ...defaults, ...schedule }] as const,
  )
  return { max_runs: file.max_runs, schedules: Object.fromEntries(schedules) }
}
