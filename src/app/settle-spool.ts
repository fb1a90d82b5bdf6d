import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { leftJournals } from '../reverse-etl/left-journals.ts'
import { recoverJournals } from '../reverse-etl/recover.ts'
import type { Session } from '../warehouse/port.ts'
import type { App } from './app.ts'

/** What a dead run had learned goes into the warehouse first, as the next run would do. Only under the sync's lease. */
export async function settleSpool(app: App, session: Session, { sync, runId }: SpoolOf): Promise<void> {
  await recoverJournals(session, await leftJournals(join(app.spoolDir, sync), runId), { runId, emit: app.emit })
}

/** Runs that left something there: after `settleSpool`, jobs at a vendor whose end nobody has seen. */
export const leftInSpool = (app: App, sync: string): Promise<readonly string[]> =>
  readdir(join(app.spoolDir, sync)).catch(() => [])

type SpoolOf = { readonly sync: string; readonly runId: string }
