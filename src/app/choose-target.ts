import type { Project, Target } from '../config/project.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownMember } from '../model/own-member.ts'

/** @throws MillraceError MR-1204 for a target that is not there */
export function chooseTarget(project: Project, name: string): Target {
  const target = ownMember(project.targets, name)
  if (target) return target
  const names = Object.keys(project.targets)
  const near = didYouMean(name, names)
  throw new MillraceError('MR-1204', {
    message: `There is no target ${name} in millrace.yaml${near ? `; did you mean ${near}?` : '.'}`,
    kept: 'Nothing was run.',
    next: `Targets: ${names.join(', ')}.`,
  })
}
