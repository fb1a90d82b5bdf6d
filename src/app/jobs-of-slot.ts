import { syncDependencies } from '../config/order-syncs.ts'
import type { Project } from '../config/project.ts'
import { selectSyncs } from '../config/select.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { NewJob } from '../state/slot-store.ts'

/** A job for each sync that the schedule selects, after those of the same slot that it needs. */
export function jobsOfSlot(
  project: Project,
  { select, exclude, priority }: Pick<Schedule, 'select' | 'exclude' | 'priority'>,
  notBefore: string,
): readonly NewJob[] {
  const syncs = selectSyncs(project, { select, exclude, all: false })
  const chosen = new Set(syncs.map(({ name }) => name))
  const needs = syncDependencies(project)
  return syncs.map((sync) => ({
    sync: sync.name,
    needs: (needs.get(sync.name) ?? []).filter((name) => chosen.has(name) && name !== sync.name),
    connection: sync.kind === 'etl' ? sync.source : sync.destination,
    notBefore,
    priority: priorities[priority],
  }))
}

const priorities = { high: 1, normal: 0, low: -1 } as const
