/** Sessions whose client is gone: once their master token is over, their transactions are rolled back. */
import type { Service } from '../service.ts'
import { closeSession } from './open-session.ts'

export function startReaper(service: Service): () => void {
  const look = () => {
    const busy = new Set(service.queries.running().map(({ session }) => session.id))
    for (const session of service.sessions.values())
      if (!busy.has(session.id) && service.tokens.isOver(session.id)) void closeSession(service, session)
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

const everyMs = 500
