import type { SourcePlace } from '../model/millrace-error.ts'

export type Annotation = {
  readonly kind: 'error' | 'warning'
  readonly message: string
  readonly title?: string
  readonly place?: SourcePlace | undefined
  /** From the repository to the project: a place names a file of the project. @default '' */
  readonly folder?: string | undefined
}

/**
 * One line that GitHub shows at its place in the pull request.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotationLine({ kind, message, title, place, folder = '' }: Annotation): string {
  const at = place && {
    file: folder === '' ? place.file : `${folder}/${place.file}`,
    line: String(place.line),
    col: String(place.column),
  }
  const properties = Object.entries({ ...at, ...(title !== undefined && { title }) })
  const texts = properties.map(([name, value]) => `${name}=${escapeProperty(value)}`)
  return `::${kind}${texts.length > 0 ? ` ${texts.join(',')}` : ''}::${escapeMessage(message)}\n`
}

const escapeMessage = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const escapeProperty = (text: string) => escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
