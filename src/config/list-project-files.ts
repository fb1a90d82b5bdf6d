import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { projectFileName } from './project-paths.ts'

export type ProjectFile = { readonly path: string; readonly isLink: boolean }

/** Whatever a project may consist of, relative to it and in order, whether it is there or not: what a change is looked for in. */
export const listProjectFiles = (root: string): readonly ProjectFile[] => [
  ...[projectFileName, 'schedules.yaml'].map((path) => ({ path, isLink: false })),
  ...filesIn(root, 'syncs'),
  ...filesIn(root, 'models'),
]

function filesIn(root: string, folder: string): readonly ProjectFile[] {
  if (!existsSync(join(root, folder))) return []
  // A file in its place is told where it is read.
  if (!statSync(join(root, folder)).isDirectory()) return [{ path: folder, isLink: false }]
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({
      path: join(entry.parentPath, entry.name).slice(root.length + 1),
      isLink: entry.isSymbolicLink(),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
