/** The connection of a session, as long as the session may use it. */
import { MillraceError } from '../../model/millrace-error.ts'
import type { SnowflakeClient } from './client/open-client.ts'

export type ObedientClient = SnowflakeClient & {
  /** Until `renewed`, every statement fails with this error. */
  readonly spoil: (error: unknown) => void
  /** Nothing is open in it: another session may have it. */
  readonly isClean: () => boolean
  readonly renewed: () => void
}

/** @param stopped the error, where a signal said stop: then nothing begins any more, but a transaction is still rolled back */
export function obedientClient(client: () => SnowflakeClient, stopped: () => MillraceError | null): ObedientClient {
  let spoilt: { readonly by: unknown } | undefined
  /** When the last statement of an open transaction was answered. */
  let idleSince: number | undefined
  const mayBegin = (sql: string) => {
    if (sql === 'ROLLBACK') return
    const stop = stopped()
    if (stop) throw stop
    if (spoilt) throw spoilt.by
    if (idleSince !== undefined && Date.now() - idleSince > mostIdleMs) throw idleTooLong(Date.now() - idleSince)
  }
  const answered = (sql: string) => {
    if (idleSince !== undefined || /^BEGIN\b/i.test(sql)) idleSince = Date.now()
    if (/^(COMMIT|ROLLBACK)\b/i.test(sql)) idleSince = undefined
  }
  const guarded = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    mayBegin(sql)
    try {
      return await work()
    } finally {
      answered(sql)
    }
  }
  return {
    run: (sql) => guarded(sql, () => client().run(sql)),
    rows: (sql) => guarded(sql, () => client().rows(sql)),
    async *stream(sql) {
      mayBegin(sql)
      try {
        yield* client().stream(sql)
      } finally {
        answered(sql)
      }
    },
    describe: (sql) => guarded(sql, () => client().describe(sql)),
    put: (files, stage) => guarded('PUT', () => client().put(files, stage)),
    cancel: () => client().cancel(),
    tag: (tag) => client().tag(tag),
    close: () => client().close(),
    spoil: (error) => {
      spoilt ??= { by: error }
    },
    isClean: () => spoilt === undefined && idleSince === undefined,
    renewed: () => {
      spoilt = undefined
      idleSince = undefined
    },
  }
}

/**
 * A transaction that is idle for five minutes while others wait is rolled back by the server, and what came after it would be
 * committed by itself: https://docs.snowflake.com/en/sql-reference/transactions#aborting-transactions
 */
const mostIdleMs = 240_000

const idleTooLong = (milliseconds: number) =>
  new MillraceError('MR-2207', {
    message: `This process stood still for ${Math.round(milliseconds / 60_000)} minutes in the middle of a transaction, which Snowflake may have given up meanwhile.`,
    kept: 'What was committed before is there; the transaction is rolled back.',
    next: 'Run again: it goes on from there. Was the machine asleep, or out of memory?',
  })
