import { asMillraceError } from '../model/millrace-error.ts'
import { runGit, type GitAnswer } from './git.ts'
import { releasePaths } from './release-files.ts'
import { readReleaseNote } from './release-note.ts'

/**
 * The commit that a run's files are of, short, for the history; `abc1234+changes` where they differ from it. A release says
 * its own. null: not a repository.
 */
export function projectCommit(root: string): Promise<string | null> {
  const note = readReleaseNote(root)
  if (note) return Promise.resolve(note.commit)
  const known = commits.get(root)
  if (known) return known
  const commit = describeFolder(root)
  commits.set(root, commit)
  return commit
}

/** As `projectCommit`, of the folder as it is at this moment. */
export async function describeFolder(folder: string): Promise<string | null> {
  const [head, status] = await Promise.all([
    attempt(runGit(folder, ['rev-parse', '--short', 'HEAD'])),
    attempt(runGit(folder, ['status', '--porcelain', '--', ...releasePaths])),
  ])
  if (!head.ok) return null
  // What cannot be compared is not said to be the commit.
  const isClean = status.ok && status.stdout.length === 0
  return `${head.stdout.toString('utf8').trim()}${isClean ? '' : '+changes'}`
}

/** A machine without git has no commits to tell. */
const attempt = (answer: Promise<GitAnswer>): Promise<GitAnswer> =>
  answer.catch((error: unknown) => ({ ok: false, reason: asMillraceError(error, 'asking git').message }))

/** Asked once a process: a run loads its project once. */
const commits = new Map<string, Promise<string | null>>()
