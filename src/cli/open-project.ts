import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { chooseTarget } from '../app/choose-target.ts'
import { loadProject, loadWhatIsRight } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatCounted } from '../render/format-number.ts'
import type { Shell } from './shell.ts'

/** The project alone: no warehouse, no store and no connector is loaded for it. A target that is named has to be there, needed or not. */
export async function openProject(shell: Shell): Promise<Project> {
  await checkDirectory(shell)
  const project = await loadProject(shell.directory, shell)
  if (shell.target !== undefined) chooseTarget(project, shell.target)
  return project
}

/** For what only connections are needed of: the other files may be wrong. */
export async function openConnections(shell: Shell): Promise<Project> {
  await checkDirectory(shell)
  const { project } = await readWhatIsRight(shell)
  if (shell.target !== undefined) chooseTarget(project, shell.target)
  return project
}

/** `isWhole`: all of its files are right, so that what is not in it is not there. */
export type ProjectRead = { readonly isWhole: boolean }

/** What is right of it, and a word of what is not. */
export async function readWhatIsRight(shell: Shell): Promise<ProjectRead & { readonly project: Project }> {
  const { project, findings } = await loadWhatIsRight(shell.directory, shell)
  const [first] = findings
  if (first)
    shell.say(
      `The project has ${formatCounted(findings.length, 'mistake')}${first.place ? ` (${first.place.file}:${first.place.line})` : ''}, which this does not need.\nSee: millrace sync validate`,
    )
  return { project, isWhole: first === undefined }
}

export async function checkDirectory({ directory }: Shell): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found?.isDirectory()) return
  throw new MillraceError('MR-1003', {
    message: `-C ${directory}: there is no directory ${resolve(directory)}`,
    next: 'millrace -C DIR …   with the directory of a project',
  })
}
