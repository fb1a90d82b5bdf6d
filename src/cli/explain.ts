import { existsSync, readFileSync } from 'node:fs'
import { didYouMean } from '../model/did-you-mean.ts'
import { errorCatalogue } from '../model/error-catalogue.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { CommandResult, Shell } from './shell.ts'

/** The entry of docs/errors.md. */
export async function explainCode(shell: Shell, word: string): Promise<CommandResult> {
  const digits = /^(?:mr-?)?(\d{4})$/i.exec(word)?.[1]
  const code = digits === undefined ? word.toUpperCase() : `MR-${digits}`
  const entry = Object.entries(errorCatalogue).find(([each]) => each === code)?.[1]
  if (!entry) {
    const near = didYouMean(code, Object.keys(errorCatalogue))
    throw new MillraceError('MR-1001', {
      message: `explain ${word}: there is no such code`,
      next: near ? `Did you mean \`${near}\`?` : 'Codes look like MR-1203.',
    })
  }
  const text = readEntry(code) ?? `${entry.title}\n\nExit ${entry.exit}. Retry: ${entry.retry}.`
  if (shell.json) shell.line({ type: 'explanation', code, ...entry, text })
  else shell.print(`${text}\n`)
  return { exitCode: 0 }
}

function readEntry(code: string): string | undefined {
  const page = ['../../docs/errors.md', '../../../docs/errors.md']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  if (!page) return undefined
  const text = readFileSync(page, 'utf8')
  const start = text.indexOf(`## ${code}`)
  if (start === -1) return undefined
  const end = text.slice(start + 3).search(/^#{1,2} /m)
  return text
    .slice(start, end === -1 ? undefined : start + 3 + end)
    .replace(/^## /, '')
    .replace(/\*\*(.*?)\*\*/g, '$1')
    .trim()
}
