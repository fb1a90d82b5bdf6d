import { resolve } from 'node:path'
import { MillraceErrors } from '../model/millrace-error.ts'
import type { ReadProject } from './parse-project.ts'
import type { Project } from './project.ts'
import { projectCache } from './project-cache.ts'
import { findProjectRoot } from './project-paths.ts'

/**
 * The project at `root` or above it: read, checked, defaults filled in. Nothing is resolved that needs a secret or a network.
 * @throws MillraceError MR-1003 where there is no project; MillraceErrors with every finding at once, in the order of the files
 */
export async function loadProject(
  root: string,
  options: { readonly home?: string | undefined } = {},
): Promise<Project> {
  const projectRoot = findProjectRoot(root)
  const home = options.home === undefined ? projectRoot : resolve(options.home)
  const cache = projectCache(projectRoot, home)
  const known = cache?.read()
  if (known) return known
  // Parsers and schemas take half of the time that a short command has.
  const { parseProject } = await import('./parse-project.ts')
  const project = parseProject(projectRoot, home)
  cache?.write(project)
  return project
}

/**
 * For whoever needs no more than the target: what is wrong elsewhere is given beside what is right.
 * @throws MillraceError MR-1003; MillraceErrors where millrace.yaml is wrong
 */
export async function loadWhatIsRight(
  root: string,
  options: { readonly home?: string | undefined } = {},
): Promise<ReadProject> {
  try {
    return { project: await loadProject(root, options), findings: [] }
  } catch (error) {
    if (!(error instanceof MillraceErrors)) throw error
    const { parseWhatIsRight } = await import('./parse-project.ts')
    const projectRoot = findProjectRoot(root)
    return parseWhatIsRight(projectRoot, options.home === undefined ? projectRoot : resolve(options.home))
  }
}
