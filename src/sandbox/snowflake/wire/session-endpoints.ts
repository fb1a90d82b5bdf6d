/** Tokens and the end of a session. */
import { closeSession } from '../session/open-session.ts'
import type { Session } from '../session/session.ts'
import type { Service } from '../service.ts'
import { refusals, success, type Answer } from './answer.ts'
import type { Reply, WireRequest } from './endpoints.ts'

/** The session that a request's token stands for, or the refusal. */
export function findSession(service: Service, { token }: WireRequest): Session | Answer {
  if (token === null) return refusals.tokenInvalid
  const { state, sessionId } = service.tokens.check('session', token)
  if (state === 'unknown') return refusals.sessionGone
  const session = service.sessions.get(sessionId)
  if (!session) return refusals.sessionGone
  const expired =
    state === 'good' ? service.faults.play('expire_session', { method: 'SESSION', path: sessionId }) : null
  if (expired) service.tokens.expire(sessionId, 'session')
  if (expired?.master === true) service.tokens.expire(sessionId, 'master')
  if (state === 'expired' || expired) return refusals.sessionExpired
  return session
}

export const isSession = (found: Session | Answer): found is Session => 'connection' in found

export async function renewToken(service: Service, { token }: WireRequest): Promise<Reply> {
  if (token === null) return refusals.tokenInvalid
  const { state, sessionId } = service.tokens.check('master', token)
  if (state === 'unknown' || !service.sessions.has(sessionId)) return refusals.sessionGone
  if (state === 'expired') return refusals.masterExpired
  const pair = service.tokens.give(sessionId)
  return success({
    sessionToken: pair.token,
    validityInSecondsST: pair.validityInSeconds,
    masterToken: pair.masterToken,
    validityInSecondsMT: pair.masterValidityInSeconds,
    sessionId,
  })
}

export async function heartbeat(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  return isSession(session) ? success(null) : session
}

/** DELETE by another name: POST /session?delete=true. What runs is cancelled, an open transaction is rolled back. */
export async function endSession(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  if (!isSession(session)) return session
  if (request.query.get('delete') === 'true') await closeSession(service, session)
  return success(null)
}
