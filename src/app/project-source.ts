/** Where a project's files come from: its folder, or a git ref. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { runGit } from './git.ts'
import { describeFolder } from './project-commit.ts'
import { readReleaseFiles, stampFolder, type ReleaseFile } from './release-files.ts'

export type ProjectSource = {
  /** `folder`, or the ref. */
  readonly from: string
  /** Cheap; differs where the project may have changed. */
  readonly stamp: () => Promise<string>
  readonly read: () => Promise<{ readonly files: readonly ReleaseFile[]; readonly commit: string | null }>
}

export async function folderSource(folder: string): Promise<ProjectSource> {
  const gitDirectory = await findGitDirectory(folder)
  return {
    from: 'folder',
    stamp: () => Promise.resolve(`${stampFolder(folder)}\n${stampHead(gitDirectory)}`),
    async read() {
      const commit = await describeFolder(folder)
      return { files: readReleaseFiles(folder), commit }
    },
  }
}

async function findGitDirectory(folder: string): Promise<string | undefined> {
  const answer = await runGit(folder, ['rev-parse', '--absolute-git-dir']).catch(() => undefined)
  return answer?.ok ? answer.stdout.toString('utf8').trim() : undefined
}

/** What a commit or a checkout writes: the same files may be of another commit. No git is started to find out. */
const stampHead = (gitDirectory: string | undefined): string =>
  gitDirectory === undefined ? '' : ['HEAD', 'logs/HEAD'].map((name) => stampOf(join(gitDirectory, name))).join(' ')

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.size} ${found.mtimeMs}` : ''
}
