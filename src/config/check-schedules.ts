import { suggest } from './check-names.ts'
import { findCircle } from './order-syncs.ts'
import type { Project } from './project.ts'
import type { SchedulesFile } from './schedules-file.ts'
import { matchSelector } from './select.ts'
import type { Report, YamlFile } from './yaml-file.ts'

/** What schedules select and wait for must be there. */
export function checkSchedules(
  file: SchedulesFile,
  project: Pick<Project, 'syncs' | 'models'>,
  context: { yaml: YamlFile; brokenSyncs: readonly string[]; report: Report },
): void {
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

/** Every schedule with the file's defaults filled in. Durations stay as they were written. */
export function resolveSchedules(file: SchedulesFile): Project['schedules'] {
  const { defaults } = file
  const schedules = Object.entries(file.schedules).map(
    ([name, schedule]) => [name, { ...defaults, ...schedule }] as const,
  )
  return { max_runs: file.max_runs, schedules: Object.fromEntries(schedules) }
}
