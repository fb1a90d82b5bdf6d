import type { ReverseSync, Sync } from '../config/project.ts'

/** What a run of this sync holds: ETL its own tables, a delivery the destination's object, whichever sync it is. People read it: it stands in messages. */
export const leaseName = (sync: Sync, target: string): string =>
  sync.kind === 'etl' ? loadLeaseName(sync.name, target) : deliveryLeaseName(sync, target)

/** Of a part of a backfill, which runs beside the live sync and beside other parts. */
export const partLeaseName = (
  sync: Sync,
  target: string,
  of: { readonly stream: string; readonly partition: string },
): string => `${leaseName(sync, target)}#${of.stream}#${of.partition}`

export const loadLeaseName = (sync: string, target: string): string => `the load ${sync} on ${target}`

export const deliveryLeaseName = (
  { destination, object }: Pick<ReverseSync, 'destination' | 'object'>,
  target: string,
): string => `the delivery to ${destination} ${object} on ${target}`
