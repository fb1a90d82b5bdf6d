import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { releaseNoteName } from './release-note.ts'

/** Takes away what is neither current, nor one of the newest, nor young enough that a run may still be reading it. */
export function pruneReleases(releases: string, current: string, nowMs = Date.now()): void {
  const found = readdirSync(releases, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      folder: join(releases, name),
      isUnfinished: name.startsWith('.'),
      usedMs: usedAt(releases, name),
    }))
    .sort((a, b) => b.usedMs - a.usedMs)
  const finished = found.filter(({ isUnfinished }) => !isUnfinished)
  const old = finished.slice(keptReleases).filter(({ folder, usedMs }) => folder !== current && usedMs < nowMs - keptMs)
  const unfinished = found.filter(({ isUnfinished, usedMs }) => isUnfinished && usedMs < nowMs - unfinishedMs)
  for (const { folder } of [...old, ...unfinished]) rmSync(folder, { recursive: true, force: true })
}

function usedAt(releases: string, name: string): number {
  const note = statSync(join(releases, name, releaseNoteName), { throwIfNoEntry: false })
  return (note ?? statSync(join(releases, name), { throwIfNoEntry: false }))?.mtimeMs ?? 0
}

const keptReleases = 5
/** Longer than any run. */
const keptMs = 7 * 24 * 3_600_000
/** Left by a process that was killed while it wrote. */
const unfinishedMs = 3_600_000
