import { statSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * How a folder is made that holds what was read of people, or may: only its own user looks into it. One that stands stays as
 * it is; and in a `.millrace` that its group may write to, a team works together, so that its folders are for that group.
 */
export const ownFolder = (path: string) => ({ recursive: true, mode: isOfTeam(path) ? 0o770 : 0o700 }) as const

export function isOfTeam(path: string): boolean {
  const root = /^.*?[/\\]\.millrace(?=[/\\]|$)/.exec(resolve(path))?.[0]
  const mode = root === undefined ? 0 : (statSync(root, { throwIfNoEntry: false })?.mode ?? 0)
  return (mode & 0o020) !== 0
}
