/**
 * Where the files lie that a connector fetches: the vendor's bytes as they came, personal data unmasked. They go when the
 * connection is closed. What a killed process leaves goes with whoever may be sure that it is dead: under a lease the
 * next load of the same kind, which clears the spool they lie in; without one anybody, since the folder's name says
 * whose it is.
 */
import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { unescape } from 'node:querystring'
import { isAlive, thisProcess } from '../state/process-id.ts'
import type { App } from './app.ts'

/** For a connection that nobody's lease keeps. No two connections share a folder: closing one leaves the other's files. */
export function vendorFolder({ spoolDir }: Pick<App, 'spoolDir'>): string {
  const { host, pid, startedAt } = thisProcess()
  return join(spoolDir, root, [host, String(pid), startedAt, randomUUID()].map(encodeURIComponent).join(','))
}

export const dropVendorFolder = (path: string): Promise<void> => rm(path, { recursive: true, force: true, maxRetries })

/** What processes that are dead have left; never what belongs to one that lives, or whose end nobody here can see. */
export async function dropDeadVendorFolders(app: Pick<App, 'spoolDir' | 'store'>): Promise<void> {
  const folders = join(app.spoolDir, root)
  for (const name of await readdir(folders).catch(() => []))
    if (!(await isInUse(app, name))) await dropVendorFolder(join(folders, name))
}

async function isInUse({ store }: Pick<App, 'store'>, name: string): Promise<boolean> {
  const [host = '', pid, startedAt] = name.split(',').map(unescape)
  if (startedAt !== undefined) return isAlive({ host, pid: Number(pid), startedAt })
  // Folders had the name of their run once, and nobody removed them.
  return (await store.run(name))?.alive ?? false
}

const root = '_vendor'
/** An attempt that was given up may still write. */
const maxRetries = 3
