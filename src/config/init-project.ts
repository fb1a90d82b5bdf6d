import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { MillraceError } from '../model/millrace-error.ts'
import { initFiles } from './init-files.ts'
import { insideProject } from './project-paths.ts'

/**
 * Writes a new project, which runs against the sandbox as it stands. Answers the paths that it wrote, relative to it.
 * @throws MillraceError MR-1001 where one of its files is there already; then nothing is written
 */
export async function initProject(
  directory: string,
  options: { readonly millraceVersion: string },
): Promise<readonly string[]> {
  const root = resolve(directory)
  const files = initFiles({ project: projectName(root), millraceVersion: options.millraceVersion })
  const paths = Object.keys(files)
  const present = paths.filter((path) => existsSync(join(root, path)))
  if (present.length > 0)
    throw new MillraceError('MR-1001', {
      message: `writing a project into ${root}: it already has ${present.join(', ')}`,
      kept: 'Nothing was written.',
      next: ['millrace init DIR   with a directory that is new or empty'],
    })
  await mkdir(root, { recursive: true })
  const outside = paths.find((path) => !insideProject(root, path))
  if (outside !== undefined)
    throw new MillraceError('MR-1206', {
      message: `writing a project into ${root}: ${outside} would go through a link to somewhere else`,
      kept: 'Nothing was written.',
      next: 'Remove the link.',
    })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    // `wx`: a file that appeared in the meantime is not overwritten either, and a link is not followed.
    await writeFile(join(root, path), text, { flag: 'wx' })
  }
  return paths
}

const projectName = (root: string) =>
  basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '') || 'project'
