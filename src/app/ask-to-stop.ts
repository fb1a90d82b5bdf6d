import type { StoredRun } from '../state/port.ts'
import { isOnThisHost } from '../state/process-id.ts'

/** Asks the run's process to stop at its next checkpoint. false: it runs on another machine or in another container. */
export function askToStop(run: Pick<StoredRun, 'process'>): boolean {
  if (!isOnThisHost(run.process)) return false
  process.kill(run.process.pid, 'SIGTERM')
  return true
}
