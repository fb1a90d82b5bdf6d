import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { completionScripts } from './completion-scripts.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function showCompletion(shell: Shell, word: string): Promise<CommandResult> {
  const script = Object.entries(completionScripts).find(([name]) => name === word)?.[1]
  if (script === undefined) {
    const names = Object.keys(completionScripts)
    const near = didYouMean(word, names)
    throw new MillraceError('MR-1001', {
      message: `completion ${word}: there is none for this shell`,
      next: near ? `Did you mean \`${near}\`?` : `There are: ${names.join(', ')}.`,
    })
  }
  if (shell.json) shell.line({ type: 'completion', shell: word, script })
  else shell.print(script)
  return { exitCode: 0 }
}
