import { relative, sep } from 'node:path'
import { projectRootOrNull } from '../config/project-paths.ts'
import { chooseRenderMode } from '../render/render-mode.ts'
import type { RendererOptions } from '../render/renderer-contract.ts'
import type { Shell } from './shell.ts'

export function rendererOptions(shell: Shell): RendererOptions {
  const { stdout, stderr, env, json, errorColor: color, verbosity, target } = shell
  const mode = chooseRenderMode({ json, stderr, env })
  const folder = mode === 'github' ? folderInRepository(shell) : ''
  return { mode, stdout, stderr, color, verbosity, target, folder }
}

/** GitHub counts paths from where the repository was checked out. Empty: the project is there, or nobody knows. */
function folderInRepository({ directory, env }: Shell): string {
  const root = projectRootOrNull(directory)
  const workspace = env['GITHUB_WORKSPACE']
  if (root === null || !workspace) return ''
  const folder = relative(workspace, root).replaceAll(sep, '/')
  return folder.startsWith('..') ? '' : folder
}
