import type { Sync } from '../config/project.ts'

/** What a run of this sync holds: ETL its own tables, a delivery the destination's object, whichever sync it is. */
export const leaseName = (sync: Sync, target: string): string =>
  sync.kind === 'etl' ? `etl:${target}:${sync.name}` : `object:${target}:${sync.destination}:${sync.object}`
