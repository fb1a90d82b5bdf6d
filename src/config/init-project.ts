import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { MillraceError } from '../model/millrace-error.ts'
import { initFiles } from './init-files.ts'
import { insideProject } from './project-paths.ts'
import { writeFiles } from './write-files.ts'

/**
 * Writes a new project, which runs against the sandbox as it stands. Answers the paths that it wrote, relative to it. A package.json
 * that is there stays as it is: `npm install` of millrace makes one.
 * @throws MillraceError MR-1001 where another of its files is there already, and then nothing is written; or where they cannot be
 */
export async function initProject(
  directory: string,
  options: { readonly millraceVersion: string },
): Promise<readonly string[]> {
  const root = resolve(directory)
  const all = initFiles({ project: projectName(root), millraceVersion: options.millraceVersion })
  const stays = (path: string) => path === 'package.json' && existsSync(join(root, path))
  const files = Object.fromEntries(Object.entries(all).filter(([path]) => !stays(path)))
  const paths = Object.keys(files)
  const present = paths.filter((path) => existsSync(join(root, path)))
  if (present.length > 0)
    throw new MillraceError('MR-1001', {
      message: `writing a project into ${root}: it already has ${present.join(', ')}`,
      kept: 'Nothing was written.',
      next: ['millrace init DIR   with a directory that is new or empty'],
    })
  const outside = existsSync(root) ? paths.find((path) => !insideProject(root, path)) : undefined
  if (outside !== undefined)
    throw new MillraceError('MR-1206', {
      message: `writing a project into ${root}: ${outside} would go through a link to somewhere else`,
      kept: 'Nothing was written.',
      next: 'Remove the link.',
    })
  await writeFiles(root, files, {
    doing: 'writing a project',
    flag: 'wx',
    next: 'millrace init DIR   with a directory that you may write to, or that is new',
  })
  return paths
}

const projectName = (root: string) =>
  basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '') || 'project'
