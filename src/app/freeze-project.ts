/**
 * A release: a copy of a project's files that nothing changes any more, in `.millrace/releases/`. Runs of the daemon read
 * one from their beginning to their end, whatever becomes of the folder. It lies under the project, so that `node_modules`
 * and package.json are found by Node's own walk up the tree.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFileName } from '../config/project-paths.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import { pruneReleases } from './prune-releases.ts'
import type { ReleaseFile } from './release-files.ts'
import { readReleaseNote, releaseNoteName, touchRelease, type ReleaseNote } from './release-note.ts'

/**
 * The release's folder: made, or the one that was made of the same contents and commit before.
 * @throws MillraceError MR-1003 without a millrace.yaml
 */
export function freezeProject(
  home: string,
  files: readonly ReleaseFile[],
  note: Pick<ReleaseNote, 'commit' | 'from'>,
): string {
  if (!files.some(({ path }) => path === projectFileName))
    throw new MillraceError('MR-1003', {
      message: `there is no ${projectFileName} in ${note.from === 'folder' ? home : `${note.from} (${note.commit})`}`,
      next: 'Name the folder, or the ref, of a project.',
    })
  const releases = join(home, '.millrace', 'releases')
  const folder = join(releases, identify(files, note))
  if (isWhole(folder, files, note)) touchRelease(folder)
  else make(folder, files, note)
  pruneReleases(releases, folder)
  return folder
}

/** The commit belongs to it: the same files may be committed again, and a run says which commit it ran. */
function identify(files: readonly ReleaseFile[], { commit, from }: Pick<ReleaseNote, 'commit' | 'from'>): string {
  const hash = createHash('sha256').update(JSON.stringify([commit, from]))
  for (const file of files) {
    const content = 'link' in file ? file.link : file.content
    hash.update(JSON.stringify([file.path, 'link' in file, content.length])).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Also after a loss of power in the middle of writing, and after somebody's edits. */
function isWhole(folder: string, files: readonly ReleaseFile[], note: Pick<ReleaseNote, 'commit' | 'from'>): boolean {
  const said = readReleaseNote(folder)
  if (said?.commit !== note.commit || said.from !== note.from) return false
  return files.every((file) => {
    const path = join(folder, file.path)
    const found = lstatSync(path, { throwIfNoEntry: false })
    if ('link' in file) return found?.isSymbolicLink() === true && readlinkSync(path) === file.link
    return found?.isFile() === true && readFileSync(path).equals(file.content)
  })
}

/** Written beside and renamed, so that nobody reads half of one. */
function make(
  folder: string,
  files: readonly ReleaseFile[],
  { commit, from }: Pick<ReleaseNote, 'commit' | 'from'>,
): void {
  const building = join(dirname(folder), `.building-${randomUUID()}`)
  try {
    for (const file of files) {
      const path = join(building, file.path)
      mkdirSync(dirname(path), ownFolder(dirname(path)))
      if ('link' in file) symlinkSync(file.link, path)
      else writeFileSync(path, file.content, { mode: 0o444, flag: 'wx' })
    }
    const note: ReleaseNote = { commit, from, frozen_at: new Date().toISOString() }
    writeFileSync(join(building, releaseNoteName), `${JSON.stringify(note)}\n`)
    if (existsSync(folder) && !isWhole(folder, files, { commit, from })) renameSync(folder, `${building}-damaged`)
    renameSync(building, folder)
  } catch (error) {
    // Another daemon made the same one at the same time.
    if (!isWhole(folder, files, { commit, from })) throw error
  } finally {
    for (const left of [building, `${building}-damaged`]) rmSync(left, { recursive: true, force: true })
  }
}
