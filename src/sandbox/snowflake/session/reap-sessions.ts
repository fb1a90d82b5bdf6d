/**
 * Sessions whose client is gone: once their master token is over, their transactions are rolled back. A transaction that is
 * idle and keeps others waiting is rolled back sooner; its session goes on without it.
 * https://docs.snowflake.com/en/sql-reference/transactions#aborting-transactions
 */
import type { Service } from '../service.ts'
import { closeSession } from './open-session.ts'
import { inTurn } from './session.ts'

export function startReaper(service: Service): () => void {
  const look = () => {
    const busy = new Set(service.queries.running().map(({ session }) => session.id))
    for (const session of service.sessions.values())
      if (!busy.has(session.id) && service.tokens.isOver(session.id)) void closeSession(service, session)
    const blocking =
      service.lock.waiting() > 0 ? service.sessions.get(service.lock.holder()?.sessionId ?? '') : undefined
    if (!blocking || busy.has(blocking.id)) return
    if (service.now().getTime() - blocking.idleSince >= service.idleTransactionMs)
      void inTurn(blocking, () => blocking.transaction.rollback())
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

const everyMs = 500
