/** One statement, from its text to its outcome. */
import type { Parameters } from '../session/parameters.ts'
import type { Session } from '../session/session.ts'
import type { Service } from '../service.ts'
import { readStatement } from '../sql/read-statement.ts'
import type { Bind, Statement, Variable } from '../sql/statement.ts'
import { checkReads, checkWrite } from '../account/check-rights.ts'
import { runAccountStatement } from '../account/account-statement.ts'
import { runCopy } from '../stage/copy.ts'
import { runList, runRemove } from '../stage/list-files.ts'
import { runPut } from '../stage/put.ts'
import { runBlock } from './block.ts'
import { runDdl } from './ddl.ts'
import { runDescribe } from './describe.ts'
import { runDml } from './dml.ts'
import { runQuery } from './query.ts'
import type { Outcome, QueryRecord } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import { alterSession, unsetVariables, useObject } from './session-statements.ts'
import { setVariables } from './session-variables.ts'
import { runShow } from './show.ts'
import { sqlContext } from './sql-context.ts'
import { statusOutcome } from './listing.ts'

export type RunContext = {
  readonly service: Service
  readonly session: Session
  readonly query: QueryRecord
  /** The session's, with what the request itself sets. */
  readonly parameters: Parameters
  readonly describeOnly: boolean
  /** Of the block that the statement stands in. */
  readonly variables?: ReadonlyMap<string, Variable>
}

/** @throws SnowflakeError */
export async function runStatement(context: RunContext, sql: string, binds: readonly Bind[]): Promise<Outcome> {
  const account = await runAccountStatement(context, sql)
  if (account) return account
  if (/QUERY_HISTORY/i.test(sql)) await context.service.saveHistory()
  return runRead(context, () => readStatement(sql, sqlContext(context, binds)), sql)
}

async function runRead(context: RunContext, read: () => Statement, sql: string): Promise<Outcome> {
  const { service, session, query } = context
  const statement = read()
  switch (statement.kind) {
    case 'query':
      return runQuery(context, statement)
    case 'dml':
      return runDml(context, statement)
    case 'ddl':
      return runDdl(context, statement, read)
    case 'begin':
      session.transaction.begin()
      return statusOutcome(statementTypes.begin)
    case 'commit': {
      await session.transaction.commit()
      const lost = service.faults.play('lose_commit_answer', { method: 'COMMIT', path: query.sql })
      if (lost) query.lostAnswer = lost.retry === 'gone' ? 'gone' : lost.retry === 'answer' ? 'answer' : 'cut'
      return statusOutcome(statementTypes.commit)
    }
    case 'rollback':
      await session.transaction.rollback()
      return statusOutcome(statementTypes.rollback)
    case 'use':
      return useObject(context, statement)
    case 'alter_session':
      return alterSession(context, statement)
    case 'set_variable':
      return setVariables(context, statement)
    case 'unset_variable':
      return unsetVariables(context, statement.names)
    case 'put':
    case 'get':
      return runPut(context, statement)
    case 'copy':
      return runCopy(context, statement)
    case 'list':
      return runList(context, statement)
    case 'remove':
      return runRemove(context, statement)
    case 'show':
      return runShow(context, statement)
    case 'describe':
      return runDescribe(context, statement)
    case 'block':
      return runBlock(context, { block: statement.block, text: sql, runStatement })
    case 'explain':
      if (statement.statement.kind === 'dml') checkWrite(context, statement.statement)
      if ('reads' in statement.statement) checkReads(context, statement.statement.reads)
      return statusOutcome(statementTypes.select, 'GlobalStats: not simulated')
  }
}
