import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { chooseTarget } from '../app/choose-target.ts'
import { loadProject } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Shell } from './shell.ts'

/** The project alone: no warehouse, no store and no connector is loaded for it. A target that is named has to be there, needed or not. */
export async function openProject(shell: Shell): Promise<Project> {
  await checkDirectory(shell)
  const project = await loadProject(shell.directory, shell)
  if (shell.target !== undefined) chooseTarget(project, shell.target)
  return project
}

export async function checkDirectory({ directory }: Shell): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found?.isDirectory()) return
  throw new MillraceError('MR-1003', {
    message: `-C ${directory}: there is no directory ${resolve(directory)}`,
    next: 'millrace -C DIR …   with the directory of a project',
  })
}
