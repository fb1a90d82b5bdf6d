/** What changes state by hand is asked for its reason, and whether it is meant. */
import { MillraceError } from '../model/millrace-error.ts'
import type { Shell } from './shell.ts'

/** @throws MillraceError MR-1001 without a reason */
export async function askWhy(
  shell: Shell,
  { question, doing, given }: { readonly question: string; readonly doing: string; readonly given: string | undefined },
): Promise<string> {
  const reason = given ?? (await shell.ask(question, 'Say it with --reason TEXT.'))
  if (reason.trim() !== '') return reason
  throw new MillraceError('MR-1001', {
    message: `${doing} without a reason`,
    kept: 'Nothing was changed.',
    next: 'Say it with --reason TEXT.',
  })
}

/** false: no, and it was said that nothing was changed. @throws MillraceError MR-1001 where nobody can answer */
export async function askWhetherMeant(shell: Shell, consequence: string): Promise<boolean> {
  if (shell.yes) return true
  const answer = await shell.ask(`${consequence} Go on? [y/N]`, 'Say --yes.')
  if (/^y(es)?$/i.test(answer)) return true
  shell.say(' Nothing was changed.')
  return false
}
