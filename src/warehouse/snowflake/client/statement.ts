import type { Connection, FileAndStageBindStatement, RowStatement } from 'snowflake-sdk'
import type { StatementReport } from './options.ts'

export type Executed = RowStatement | FileAndStageBindStatement

export type Execute = (sql: string, options?: { readonly describeOnly?: boolean }) => Promise<Executed>

export type Runner = {
  readonly execute: Execute
  /** Ends at the server what runs now. */
  readonly cancel: () => Promise<void>
}

/** Statements of one connection. The result is read by whoever asked, cell by cell as it is on the wire. */
export function statementRunner(
  connection: Connection,
  options: {
    /** Of the session or statement: https://docs.snowflake.com/en/sql-reference/parameters#query-tag */
    readonly queryTag: () => string
    readonly onStatement: (statement: StatementReport) => void
  },
): Runner {
  const running = new Set<Executed>()
  return {
    execute: (sql, { describeOnly } = {}) =>
      new Promise((resolve, reject) => {
        const started = performance.now()
        // https://docs.snowflake.com/en/developer-guide/node-js/nodejs-driver-execute
        const statement = connection.execute({
          sqlText: sql,
          // Else the SDK holds the whole result, and sends the statement once more where no answer came.
          streamResult: true,
          rowMode: 'array',
          parameters: { QUERY_TAG: options.queryTag() },
          ...(describeOnly && { describeOnly }),
          complete: (error, done) => {
            running.delete(statement)
            const milliseconds = performance.now() - started
            // Its types say that there is always one.
            const queryId: string | undefined = done.getQueryId()
            options.onStatement({ sql, queryId: queryId ?? null, milliseconds })
            if (error) reject(error)
            else resolve(done)
          },
        })
        running.add(statement)
      }),
    async cancel() {
      // What ends by itself meanwhile cannot be cancelled any more, which is no failure.
      await Promise.all([...running].map((statement) => new Promise<void>((done) => statement.cancel(() => done()))))
    },
  }
}
