/** Whatever of a project a run may read: what `loadProject` reads, and the project's own code. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { listProjectFiles } from '../config/list-project-files.ts'
import { insideProject, projectFileName } from '../config/project-paths.ts'

/** `link`: what is not copied, by its absolute path. */
export type ReleaseFile =
  { readonly path: string; readonly content: Buffer } | { readonly path: string; readonly link: string }

/** The files of the folder as they are now, in order. A link that leads out of the project stays a link, and is refused later. */
export function readReleaseFiles(folder: string): readonly ReleaseFile[] {
  return listPaths(folder).flatMap((path): ReleaseFile[] => {
    const absolute = join(folder, path)
    const found = statSync(absolute, { throwIfNoEntry: false })
    if (!found) return []
    const isCopied = found.isFile() && insideProject(folder, path) !== undefined
    return [isCopied ? { path, content: readFileSync(absolute) } : { path, link: absolute }]
  })
}

/** Differs where a file does, by sizes and times: a thousand of them take a few milliseconds. */
export function stampFolder(folder: string): string {
  return listPaths(folder)
    .map((path) => {
      const found = statSync(join(folder, path), { throwIfNoEntry: false })
      return found ? `${path} ${found.size} ${found.mtimeMs} ${found.ino}` : path
    })
    .join('\n')
}

/** Packages that a connector has for itself: not copied, so that whatever they are linked to stays as it is. */
export function listOwnPackages(folder: string): readonly (ReleaseFile & { readonly link: string })[] {
  return codeFolders
    .flatMap((name) => filesIn(folder, name))
    .filter((path) => path.endsWith('/node_modules'))
    .map((path) => ({ path, link: join(folder, path) }))
}

const listPaths = (folder: string): readonly string[] => [
  ...listProjectFiles(folder).map(({ path }) => path),
  ...codeFolders.flatMap((name) => filesIn(folder, name)),
]

/** `node_modules` is one of them, and is not looked into. */
function filesIn(root: string, folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return []
  // A file in its place goes along, and is told where the release is read.
  if (!statSync(join(root, folder)).isDirectory()) return [folder]
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() && entry.name !== 'node_modules' ? filesIn(root, path) : [path]
    })
}

const codeFolders = ['connectors', 'transforms']

/** Where all of them are, for git. */
export const releasePaths = [projectFileName, 'schedules.yaml', 'syncs', 'models', ...codeFolders]
