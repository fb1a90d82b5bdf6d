import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { MillraceError } from '../model/millrace-error.ts'

/** The nearest directory at or above `from` with a millrace.yaml, as git finds its own. */
export function findProjectRoot(from: string): string {
  const root = projectRootOrNull(from)
  if (root !== null) return root
  throw new MillraceError('MR-1003', {
    message: `looking for ${projectFileName}: there is none in ${resolve(from)} or above it`,
    next: ['millrace init      writes a project here', 'millrace -C DIR …   runs in another directory'],
  })
}

export function projectRootOrNull(from: string): string | null {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, projectFileName))) return directory
    if (directory === dirname(directory)) return null
  }
}

/** The absolute path, or undefined where it leaves the project: by `..`, by being absolute, or through a symbolic link. */
export function insideProject(root: string, path: string): string | undefined {
  const absolute = resolve(root, path)
  return contains(root, absolute) && contains(realpathSync.native(root), realPath(absolute)) ? absolute : undefined
}

/** Relative to the project, with forward slashes: as messages show it. */
export const showPath = (root: string, path: string): string => relative(root, path).split(sep).join('/')

function contains(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Of a path whose end may not exist yet. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync.native(path)
  const parent = dirname(path)
  return parent === path ? path : join(realPath(parent), relative(parent, path))
}

export const projectFileName = 'millrace.yaml'
