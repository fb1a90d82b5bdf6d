import type { Project } from '../config/project.ts'
import type { JobLimits } from '../schedule/choose-job.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule } from '../schedule/schedule.ts'

/** What the project says at this moment. */
export type DaemonPlan = {
  readonly project: Project
  readonly schedules: readonly Schedule[]
  /** Those that follow others. */
  readonly following: readonly Schedule[]
  readonly maxRuns: number
  readonly limits: Omit<JobLimits, 'now' | 'room' | 'paused'>
}

export function planOf(project: Project): DaemonPlan {
  const schedules = schedulesOf(project)
  const maxRunsOf = Object.values(project.connections).flatMap(({ name, maxRuns: most }) =>
    most === null ? [] : [[name, most] as const],
  )
  return {
    project,
    schedules,
    following: schedules.filter(({ trigger }) => trigger.kind === 'after'),
    maxRuns: Number(project.schedules['max_runs']),
    limits: {
      maxRunsOf: new Map(maxRunsOf),
      overlapOf: new Map(schedules.map(({ name, overlap }) => [name, overlap])),
      retryOf: new Map(schedules.map(({ name, retry }) => [name, retry])),
    },
  }
}
