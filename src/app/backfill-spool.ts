/**
 * Where backfills spool: a folder for each sync, in it one for each part, and in that one for each run, with pages as they came,
 * unmasked, and what a vendor's jobs gave. Nobody reads what a dead run has left there: its cursor brings it again.
 */
import { readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { folderName } from '../model/folder-name.ts'
import type { App } from './app.ts'

/** Cleared by the part's own run, under its lease. */
export const partFolder = ({ spoolDir }: Pick<App, 'spoolDir'>, sync: string, part: string): string =>
  join(spoolDir, root, sync, folderName(part))

/**
 * What dead runs have left of these syncs, and under names that no sync of the project has: a sync that is gone, or a part as an
 * older millrace named it, where its runs are one level higher.
 */
export async function deadBackfills(app: Spooled, syncs: readonly string[]): Promise<readonly string[]> {
  const others = app.project.syncs.map(({ name }) => name).filter((name) => !syncs.includes(name))
  const dead: string[] = []
  for (const folder of await foldersIn(join(app.spoolDir, root))) {
    if (others.includes(basename(folder))) continue
    for (const path of await foldersIn(folder)) dead.push(...(await deadBelow(app, path)))
  }
  return dead
}

/** Gives how many there were. */
export async function dropDeadBackfills(app: Spooled, syncs: readonly string[]): Promise<number> {
  const dead = await deadBackfills(app, syncs)
  for (const path of dead) {
    await rm(path, { recursive: true, force: true })
    await rmdir(dirname(path)).catch(() => undefined) // others may stand in it
  }
  return dead.length
}

type Spooled = Pick<App, 'project' | 'spoolDir' | 'store'>

/** @param path of a part with its runs, or of a run */
async function deadBelow({ store }: Spooled, path: string): Promise<readonly string[]> {
  const lives = async (folder: string) => (await store.run(basename(folder)))?.alive === true
  if (await lives(path)) return []
  const inside = await foldersIn(path)
  const dead: string[] = []
  for (const folder of inside) if (!(await lives(folder))) dead.push(folder)
  return dead.length === inside.length ? [path] : dead
}

const foldersIn = async (path: string): Promise<readonly string[]> =>
  (await readdir(path).catch(() => [])).map((name) => join(path, name))

const root = '_backfill'
