import type { Sync } from '../config/project.ts'

/** What a run of this sync holds: ETL its own tables, a delivery the destination's object, whichever sync it is. People read it: it stands in messages. */
export const leaseName = (sync: Sync, target: string): string =>
  sync.kind === 'etl'
    ? `the load ${sync.name} on ${target}`
    : `the delivery to ${sync.destination} ${sync.object} on ${target}`
