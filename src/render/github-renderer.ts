import { asMillraceError, type MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { createPlainRenderer } from './plain-renderer.ts'
import type { Output } from './render-mode.ts'
import type { Renderer, RendererOptions } from './renderer-contract.ts'

/**
 * Plain, and each error as an annotation at its place in the pull request.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function createGithubRenderer(options: RendererOptions): Renderer {
  const plain = createPlainRenderer({
    ...options,
    stdout: withoutCommands(options.stdout),
    stderr: withoutCommands(options.stderr),
  })
  const annotate = (kind: 'error' | 'warning', properties: readonly (readonly [string, string])[], message: string) => {
    const texts = properties.map(([name, value]) => `${name}=${escapeProperty(value)}`)
    options.stderr.write(`::${kind}${texts.length > 0 ? ` ${texts.join(',')}` : ''}::${escapeMessage(message)}\n`)
  }
  return {
    ...plain,
    onEvent: (event) => {
      plain.onEvent(event)
      if (event.type === 'run.warning') annotate('warning', [], event.message)
    },
    error: (error) => {
      plain.error(error)
      const errors = error instanceof MillraceErrors ? error.errors : [asMillraceError(error, 'millrace')]
      for (const one of errors)
        annotate('error', placeOf(one), [one.message, one.kept ?? '', ...one.next].filter(Boolean).join('\n'))
    },
  }
}

function placeOf({ place, code }: MillraceError): readonly (readonly [string, string])[] {
  const title = ['title', code] as const
  if (!place) return [title]
  return [['file', place.file], ['line', String(place.line)], ['col', String(place.column)], title]
}

/** Text of a vendor must not be taken for a command: the older form `##[…]` counts anywhere in a line. */
const withoutCommands = (output: Output): Output => ({
  ...output,
  write: (text) => output.write(text.replaceAll('##[', '# #[').replace(/^(\s*)::/gm, '$1: :')),
})

const escapeMessage = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const escapeProperty = (text: string) => escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
