/** One run of one sync, by whomever it was asked for. */
import type { Sync } from '../config/project.ts'
import type { App } from './app.ts'
import { recordRun, type RecordedRun } from './record-run.ts'
import type { RunOptions } from './run-options.ts'
import { underPermit } from './under-permit.ts'

/**
 * Never throws for what can go wrong in a run: the record says it, `errors` carries the whole.
 * @throws MillraceError where the control store cannot take its beginning: then nothing was run
 */
export function runSync(app: App, sync: Sync, options: RunOptions): Promise<RecordedRun> {
  const by = { trigger: options.slot === null ? 'cli' : 'schedule' } as const
  return recordRun(app, { sync, options, ...by }, async (work) => {
    // A run loads the one direction alone.
    if (sync.kind === 'etl') {
      const { runEtlSync } = await import('./run-etl-sync.ts')
      return underPermit(work, sync.source, () => runEtlSync(work, sync))
    }
    const { runReverseSync } = await import('./run-reverse-sync.ts')
    return underPermit(work, sync.destination, () => runReverseSync(work, sync))
  })
}
