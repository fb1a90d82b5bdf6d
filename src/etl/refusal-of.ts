/** MR-2201, where rows stand that are others than what comes. */
import { MillraceError } from '../model/millrace-error.ts'

export type OtherRows = {
  readonly stream: string
  /** Whose rows are so. */
  readonly tables: readonly string[]
  /** What is the matter with them. */
  readonly what: string
  /** The tables that go where it is loaded anew. */
  readonly drop: readonly string[]
  /** What may help beside the ways that there always are. */
  readonly first?: string
}

/** One for all, so that what is to be done is done once. */
export function refusalOf(others: readonly OtherRows[]): MillraceError {
  const tables = [...new Set(others.flatMap(({ drop }) => drop))]
  return new MillraceError('MR-2201', {
    message: others
      .map(({ stream, tables: own, what }) => `${stream}: the rows of ${own.join(', ')} ${what}.`)
      .join(' '),
    kept: 'Nothing was read or changed.',
    next: [
      ...new Set(others.flatMap(({ first }) => first ?? [])),
      `To load it anew:  ${tables.map((table) => `drop table ${table};`).join(' ')}  the next run reads everything from the beginning.`,
      'To keep what is there: give the sync another  schema .',
    ],
  })
}
