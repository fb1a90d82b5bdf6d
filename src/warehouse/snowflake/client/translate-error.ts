/** What Snowflake or its SDK threw, as an error that says what to do. Statements are shown in part, without values of rows. */
import type { ErrorCode } from '../../../model/error-catalogue.ts'
import { MillraceError } from '../../../model/millrace-error.ts'
import { meaningOf, type Meaning } from './error-meanings.ts'
import { factsOf, type FailureFacts } from './failure-facts.ts'
import { showStatement } from './show-statement.ts'

export function translateSnowflakeError(error: unknown, doing: string, sql?: string): MillraceError {
  if (error instanceof MillraceError) return error
  const facts = factsOf(error)
  const meaning = facts.isUnanswered ? lost(facts) : meaningOf(facts)
  const shown = sql === undefined ? '' : `\n  in: ${showStatement(sql)}`
  return new MillraceError(meaning.code, {
    message: `${doing}: ${meaning.what}${words(facts)}${shown}`,
    kept: meaning.kept ?? keptOf[meaning.code] ?? rolledBack,
    next: meaning.next,
    ...(meaning.retry && { retry: meaning.retry }),
    // Not the SDK's error itself: it carries whole requests and answers.
    cause: { code: facts.code, sqlState: facts.sqlState, queryId: facts.queryId, network: facts.network },
  })
}

/** Nobody knows what became of the statement: a COMMIT may have been made. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof MillraceError ? error.code === 'MR-2207' : factsOf(error).isUnanswered
}

function lost({ status, network, code }: FailureFacts): Meaning {
  const why = status === null ? network || code : `it answered with HTTP ${status}`
  return {
    code: 'MR-2207',
    what: `the connection to Snowflake was lost${why ? ` (${why})` : ''}. `,
    next: [
      'Run again: it finds out what was committed and goes on from there.',
      'If it stays so: `millrace doctor`, and https://status.snowflake.com.',
    ],
  }
}

/** Snowflake's words, its number and the query's id, by which its history finds it. */
function words({ message, code, sqlState, queryId }: FailureFacts): string {
  const text = message
    .replace(/\s*Row Values: \[[\s\S]*/, '')
    .replace(/(Error parsing JSON):[\s\S]*/, '$1')
    .trim()
    .slice(0, mostOfMessage)
  const marks = [code && sqlState ? `${code}, ${sqlState}` : code, queryId && `query ${queryId}`].filter(Boolean)
  return `${text}${marks.length > 0 ? ` (${marks.join('; ')})` : ''}`
}

const rolledBack = 'What was committed before is there; the transaction is rolled back.'

const keptOf: { readonly [code in ErrorCode]?: string } = {
  'MR-2001': 'Nothing was changed.',
  'MR-2202': 'Nothing was changed.',
  'MR-2203': 'Nothing was changed by it.',
  'MR-2207': 'What was committed is there; whether the last statement was, the next run finds out.',
}

const mostOfMessage = 1000
