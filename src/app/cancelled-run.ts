/** A person's word that a run is to end, for whoever started it: a daemon would try again what it did not end itself. */
import type { ControlStore } from '../state/port.ts'
import type { JobEnd } from '../state/slot-store.ts'

/** Before the run hears of it, so that nobody sees its end without the word. */
export const noteCancel = (
  store: Pick<ControlStore, 'recordEvent'>,
  { runId, by }: { readonly runId: string; readonly by: string },
): Promise<void> => store.recordEvent(runId, { type: 'run.cancelled', run_id: runId, by })

/** How the job ends: one that was cancelled before its run was done has stopped, and is not tried again. */
export async function endUnlessCancelled(
  store: Pick<ControlStore, 'events'>,
  runId: string | null,
  end: JobEnd,
): Promise<JobEnd> {
  if (runId === null || (end.state !== 'queued' && end.state !== 'failed')) return end
  const cancel = (await store.events(runId)).findLast((event) => event.type === 'run.cancelled')
  if (!cancel) return end
  const said = `${cancel.by} cancelled it`
  return { state: 'stopped', reason: end.reason === null ? said : `${said}: ${end.reason}` }
}
