/** Session and master tokens: https://docs.snowflake.com/en/user-guide/session-policies; the renewal is the SDK's own. */
import { randomBytes } from 'node:crypto'

export type TokenPair = {
  readonly token: string
  readonly masterToken: string
  readonly validityInSeconds: number
  readonly masterValidityInSeconds: number
}

export type TokenState = 'good' | 'expired' | 'unknown'

export type Tokens = {
  readonly give: (sessionId: string) => TokenPair
  readonly check: (
    kind: 'session' | 'master',
    token: string,
  ) => { readonly state: TokenState; readonly sessionId: string }
  /** On command: what was given out to the session so far is over; its master token stays good unless said. */
  readonly expire: (sessionId: string, kind: 'session' | 'master') => void
  /** Nothing that was given out to the session is good any more. */
  readonly isOver: (sessionId: string) => boolean
  readonly forget: (sessionId: string) => void
}

type Given = { readonly sessionId: string; readonly kind: 'session' | 'master'; expiresAt: number }

export function createTokens(now: () => number, validity: TokenValidity): Tokens {
  const given = new Map<string, Given>()
  const create = (sessionId: string, kind: 'session' | 'master', seconds: number) => {
    const token = `ver:3-hint:${sessionId}-${randomBytes(48).toString('base64url')}`
    given.set(token, { sessionId, kind, expiresAt: now() + seconds * 1000 })
    return token
  }
  const ofSession = (sessionId: string) => [...given].filter(([, entry]) => entry.sessionId === sessionId)
  return {
    give: (sessionId) => ({
      token: create(sessionId, 'session', validity.sessionSeconds),
      masterToken: create(sessionId, 'master', validity.masterSeconds),
      validityInSeconds: validity.sessionSeconds,
      masterValidityInSeconds: validity.masterSeconds,
    }),
    check: (kind, token) => {
      const entry = given.get(token)
      if (!entry || entry.kind !== kind) return { state: 'unknown', sessionId: '' }
      return { state: now() < entry.expiresAt ? 'good' : 'expired', sessionId: entry.sessionId }
    },
    expire: (sessionId, kind) => {
      for (const [, entry] of ofSession(sessionId)) if (entry.kind === kind) entry.expiresAt = 0
    },
    isOver: (sessionId) => ofSession(sessionId).every(([, entry]) => now() >= entry.expiresAt),
    forget: (sessionId) => {
      for (const [token] of ofSession(sessionId)) given.delete(token)
    },
  }
}

export type TokenValidity = { readonly sessionSeconds: number; readonly masterSeconds: number }

export const usualValidity: TokenValidity = { sessionSeconds: 3600, masterSeconds: 14_400 }
