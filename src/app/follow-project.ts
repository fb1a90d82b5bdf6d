import { statSync } from 'node:fs'
import { join } from 'node:path'
import { listProjectFiles } from '../config/list-project-files.ts'
import { loadProject } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import { asMillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { checkProject } from './check-project.ts'

export type ProjectFollower = {
  readonly project: () => Project
  /** The project as it is now, where it changed and is right; what is wrong with it goes to `onProblem`, once, and the last good one stays. */
  readonly look: () => Promise<'same' | 'changed'>
}

export function followProject(first: Project, onProblem: (message: string) => void): ProjectFollower {
  let project = first
  let seen = stampOf(first.root)
  return {
    project: () => project,
    async look() {
      const stamp = stampOf(first.root)
      if (stamp === seen) return 'same'
      seen = stamp
      try {
        const changed = await loadProject(first.root)
        await checkProject(changed)
        project = changed
        return 'changed'
      } catch (error) {
        const errors =
          error instanceof MillraceErrors ? error.errors : [asMillraceError(error, 'reading the project again')]
        const [worst] = errors
        const place = worst?.place ? `${worst.place.file}:${worst.place.line}: ` : ''
        onProblem(
          `The project was changed and has ${errors.length} ${errors.length === 1 ? 'finding' : 'findings'}; the last good schedules stay. ` +
            `${worst?.code} ${place}${worst?.message}. Next: millrace sync validate`,
        )
        return 'same'
      }
    },
  }
}

/** Sizes and times of the project's files: a thousand of them take a few milliseconds. */
function stampOf(root: string): string {
  return listProjectFiles(root)
    .map(({ path }) => {
      const found = statSync(join(root, path), { throwIfNoEntry: false })
      return found ? `${path} ${found.size} ${found.mtimeMs} ${found.ino}` : path
    })
    .join('\n')
}
