import { MillraceError, type Scan } from 'millrace'

/** Whose query it is, for its errors. */
export type Asker = { readonly stream: string; readonly where: Scan['where'] }

/**
 * A refusal of a stream's query, with the stream and the query in it, in place of Salesforce's excerpt: that begins thirty
 * characters before the place, in the middle of a word. Of the user's own is the `where` alone.
 */
export function explainRefusal(error: unknown, soql: string, { stream, where }: Asker): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'MR-3004') return error
  return new MillraceError('MR-3004', {
    message: `Reading ${stream} of Salesforce: ${withoutExcerpt(error.message)} The query: ${shorten(soql)}`,
    ...(error.kept !== undefined && { kept: error.kept }),
    next: [
      ...(where === null
        ? []
        : [`The \`where\` of ${stream} in the sync may be at fault, all else is millrace's own: ${where}`]),
      ...error.next,
    ],
    cause: error.cause,
  })
}

const withoutExcerpt = (message: string) => message.replace(/(\b[A-Z_]{4,}: ).*?\^ (?=ERROR at Row:)/s, '$1')

/** Without the list of fields, which may be hundreds: whole from its FROM on, as far as anybody reads. */
const shorten = (soql: string): string => {
  const query = soql.replace(/^SELECT (?!COUNT\(\)).*? FROM /s, 'SELECT … FROM ')
  return query.length <= maxShown ? query : `${query.slice(0, maxShown)} …`
}

const maxShown = 2_000
