import { errorsOf } from './errors-of.ts'
import { annotationLine, type Annotation } from './github-annotation.ts'
import { onTarget } from './on-target.ts'
import { createPlainRenderer } from './plain-renderer.ts'
import type { Output } from './render-mode.ts'
import type { Renderer, RendererOptions } from './renderer-contract.ts'

/** Plain, and each error as an annotation at its place in the pull request. */
export function createGithubRenderer(options: RendererOptions): Renderer {
  const plain = createPlainRenderer({
    ...options,
    stdout: withoutCommands(options.stdout),
    stderr: withoutCommands(options.stderr),
  })
  const annotate = (annotation: Annotation) => options.stderr.write(annotationLine(annotation))
  return {
    ...plain,
    onEvent: (event) => {
      plain.onEvent(event)
      if (event.type === 'run.warning') annotate({ kind: 'warning', message: event.message })
    },
    error: (error) => {
      plain.error(error)
      for (const { code, message, kept = '', next, place } of errorsOf(error)) {
        const text = [message, kept, ...onTarget(next, options.target)].filter(Boolean).join('\n')
        annotate({ kind: 'error', message: text, title: code, place, folder: options.folder })
      }
    },
  }
}

/** Text of a vendor must not be taken for a command: the older form `##[…]` counts anywhere in a line. */
const withoutCommands = (output: Output): Output => ({
  ...output,
  write: (text) => output.write(text.replaceAll('##[', '# #[').replace(/^(\s*)::/gm, '$1: :')),
})
