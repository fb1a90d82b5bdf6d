import { didYouMean } from '../model/did-you-mean.ts'
import type { Project, Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'

/** @throws MillraceError MR-1002 */
export function findSync(project: Project, name: string): Sync {
  const found = project.syncs.find((sync) => sync.name === name)
  if (found) return found
  const names = project.syncs.map((sync) => sync.name)
  const near = didYouMean(name, names)
  throw new MillraceError('MR-1002', {
    message: `there is no sync \`${name}\``,
    next: near ? `Did you mean \`${near}\`?` : `There are: ${names.join(', ')}.`,
  })
}
