/** One request with one statement, or several: its time limit, its cancellation, its faults, its line in the journal. */
import { setTimeout as sleep } from 'node:timers/promises'
import { withWishes, type Parameters } from '../session/parameters.ts'
import { inTurn, type Session } from '../session/session.ts'
import type { Service } from '../service.ts'
import { splitStatements } from '../sql/read-statement.ts'
import { SnowflakeError } from '../sql/snowflake-error.ts'
import type { Bind } from '../sql/statement.ts'
import { recordOf, textOf, type JsonRecord } from '../wire/read-body.ts'
import { readBinds, type BindRows } from './binds.ts'
import { cancelled, internalError, timedOut, wrongStatementCount } from './failures.ts'
import { recordQuery } from './record-query.ts'
import type { Outcome, QueryRecord } from './query-store.ts'
import { emptyResult } from './result-set.ts'
import { runStatement } from './run-statement.ts'

export type QueryWish = {
  readonly sql: string
  readonly requestId: string | null
  readonly binds: BindRows
  readonly parameters: JsonRecord
  readonly async: boolean
  readonly describeOnly: boolean
}

export const readRequest = (body: JsonRecord, requestId: string | null): QueryWish => ({
  sql: textOf(body.sqlText) ?? '',
  requestId,
  binds: readBinds(body),
  parameters: recordOf(body.parameters),
  async: body.asyncExec === true,
  describeOnly: body.describeOnly === true,
})

export function startQuery(service: Service, session: Session, wish: QueryWish): QueryRecord {
  const query = service.queries.open({ session, sql: wish.sql, requestId: wish.requestId, async: wish.async })
  query.finished = inTurn(session, () => finish(service, query, wish))
  return query
}

async function finish(service: Service, query: QueryRecord, wish: QueryWish): Promise<void> {
  const { session, abort } = query
  const parameters = withWishes(session.parameters, wish.parameters)
  const seconds = timeLimit(service, session, parameters)
  const timer = seconds > 0 ? setTimeout(() => abort.abort('timeout'), Math.min(seconds * 1000, 2 ** 31 - 1)) : null
  const stopInterrupting = interruptWhenAborted(query)
  const startedAt = service.now().getTime()
  try {
    query.outcome = await runAll(service, query, { wish, parameters })
    query.state = 'done'
  } catch (error) {
    query.error = failureOf(query, error, seconds)
    query.state = 'failed'
  } finally {
    if (timer) clearTimeout(timer)
    stopInterrupting()
    session.lastQueryId = query.id
    session.idleSince = service.now().getTime()
    recordQuery(service, query, { queryTag: String(parameters.QUERY_TAG ?? ''), startedAt })
  }
}

/** DuckDB forgets an interruption when its next statement begins: it is told again, until the last step has heard. */
function interruptWhenAborted({ session, abort }: QueryRecord): () => void {
  let timer: NodeJS.Timeout | null = null
  const interrupt = () => {
    session.connection.interrupt()
    timer = setInterval(() => session.connection.interrupt(), 25)
  }
  abort.signal.addEventListener('abort', interrupt)
  return () => {
    if (timer) clearInterval(timer)
    abort.signal.removeEventListener('abort', interrupt)
  }
}

type Plan = { readonly wish: QueryWish; readonly parameters: Parameters }

async function runAll(service: Service, query: QueryRecord, { wish, parameters }: Plan): Promise<Outcome> {
  const { session, abort } = query
  await playFaults(service, query)
  if (abort.signal.aborted || session.closed) throw cancelled()
  const statements = splitStatements(wish.sql)
  const wanted = Number(parameters.MULTI_STATEMENT_COUNT)
  if (statements.length > 1 && wanted !== 0 && statements.length !== wanted)
    throw wrongStatementCount(statements.length, wanted)
  if (statements.length <= 1) {
    const context = { service, session, query, parameters, describeOnly: wish.describeOnly }
    return runRows(wish.binds, (binds) => runStatement(context, statements[0] ?? '', binds))
  }
  const children = []
  for (const sql of statements) {
    const child = service.queries.open({ session, sql, requestId: null, async: false })
    const context = { service, session, query: { ...child, abort }, parameters, describeOnly: wish.describeOnly }
    const startedAt = service.now().getTime()
    try {
      child.outcome = await runStatement(context, sql, [])
      child.state = 'done'
    } catch (error) {
      child.error = failureOf(query, error, 0)
      child.state = 'failed'
      throw child.error
    } finally {
      session.lastQueryId = child.id
      recordQuery(service, child, { queryTag: String(parameters.QUERY_TAG ?? ''), startedAt })
    }
    children.push({ queryId: child.id, statementTypeId: child.outcome.statementTypeId })
  }
  return { result: emptyResult, statementTypeId: multiStatement, children }
}

/** A statement with arrays as binds is run once for each row of them. */
async function runRows(rows: BindRows, run: (binds: readonly Bind[]) => Promise<Outcome>): Promise<Outcome> {
  const [first = [], ...rest] = rows
  let outcome = await run(first)
  for (const binds of rest) {
    const next = await run(binds)
    const inserted = (outcome.changed?.inserted ?? 0) + (next.changed?.inserted ?? 0)
    outcome = {
      ...next,
      changed: { inserted, updated: 0, deleted: 0 },
      result: { ...next.result, inline: [JSON.stringify([String(inserted)])] },
    }
  }
  return outcome
}

async function playFaults(service: Service, query: QueryRecord): Promise<void> {
  const request = { method: 'STATEMENT', path: query.sql }
  const slow = service.faults.play('slow', request)
  // Ends early where it is cancelled; what was aborted is found out by who asked.
  if (slow) await sleep(Number(slow.ms ?? 1000), undefined, { signal: query.abort.signal }).catch(() => null)
  const failing = service.faults.play('statement_fails', request)
  if (failing)
    throw new SnowflakeError({
      code: String(failing.code ?? '000603'),
      sqlState: String(failing.sql_state ?? 'XX000'),
      message: String(failing.message ?? 'A fault of the sandbox: this statement fails'),
    })
}

/** The smaller of the session's and the warehouse's; 0 is none. */
function timeLimit(service: Service, { warehouse }: Session, parameters: Parameters): number {
  const own = Number(parameters.STATEMENT_TIMEOUT_IN_SECONDS)
  const shared = warehouse === null ? 0 : (service.account.state.warehouses[warehouse]?.statementTimeout ?? 0)
  const limits = [own, shared].filter((seconds) => seconds > 0)
  return limits.length === 0 ? 0 : Math.min(...limits)
}

function failureOf(query: QueryRecord, error: unknown, seconds: number): SnowflakeError {
  const { signal } = query.abort
  if (signal.aborted) return signal.reason === 'timeout' ? timedOut(seconds) : cancelled()
  if (error instanceof SnowflakeError) return error
  return internalError(query.id, error instanceof Error ? (error.stack ?? error.message) : String(error))
}

const multiStatement = 0xa000
