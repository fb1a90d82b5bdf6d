import type { RunRecord } from '../model/run.ts'

/** How a run is called on a line of its own: a backfill's runs are all of one sync. Days stand without their midnight. */
export const runLabel = ({ sync, partition }: Pick<RunRecord, 'sync' | 'partition'>): string =>
  partition === undefined ? sync : `${sync} ${partition.replaceAll('T00:00:00.000Z', '')}`
