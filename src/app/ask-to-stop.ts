import type { StoredRun } from '../state/port.ts'
import { isOnThisMachine } from '../state/process-id.ts'

/** false: it runs on another machine or in another container. */
export const isInReach = (run: Pick<StoredRun, 'process'>): boolean => isOnThisMachine(run.process)

/** Asks the run's process to stop at its next checkpoint. */
export function askToStop(run: Pick<StoredRun, 'process'>): void {
  process.kill(run.process.pid, 'SIGTERM')
}
