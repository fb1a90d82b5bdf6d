/**
 * Key-pair sign-in: a JWT (RS256) whose issuer names account, user and the key's fingerprint.
 * https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import type { User } from './account.ts'

/** Null where the token is good; else why it is not, for the simulator's journal: Snowflake says only that it is invalid. */
export function checkJwt(token: string, user: User, { account, now }: { account: string; now: number }): string | null {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const head = readPart(header)
  const claims = readPart(payload)
  if (!head || !claims || head.alg !== 'RS256') return 'not a JWT signed with RS256'
  const subject = `${account}.${user.name}`
  if (claims.sub !== subject) return `its subject is ${String(claims.sub)}, not ${subject}`
  const key = [user.publicKey, user.publicKey2]
    .map((text) => text && readPublicKey(text))
    .find((candidate) => candidate && claims.iss === `${subject}.${fingerprint(candidate)}`)
  if (!key) return `its issuer ${String(claims.iss)} names no key that is registered for the user`
  const signed = Buffer.from(`${header}.${payload}`)
  if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) return 'its signature is wrong'
  const issued = instant(claims.iat)
  const expires = instant(claims.exp)
  if (issued === null || expires === null) return 'it has no iat or no exp'
  if (issued > now + clockSkewMs) return 'it was issued in the future'
  // https://docs.snowflake.com/en/developer-guide/sql-api/authenticating: valid for an hour at most, whatever exp says.
  if (now >= Math.min(expires, issued + 3_600_000)) return 'it has expired'
  return null
}

/** As ALTER USER … SET RSA_PUBLIC_KEY takes it. */
export const publicKeyOf = (privateKey: string): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64')

/** A registered key, or null where the text is none. */
export function readPublicKey(text: string): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(text.replace(/\s+/g, ''), 'base64'), type: 'spki', format: 'der' })
  } catch {
    return null // that it is no key is the answer
  }
}

export const fingerprint = (key: KeyObject): string =>
  `SHA256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`

function readPart(part: string): { readonly [claim: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    // Checked here.
    return typeof value === 'object' && value !== null ? (value as { readonly [claim: string]: unknown }) : null
  } catch {
    return null // that it is no JSON is the answer
  }
}

/** The standard has seconds; the Node SDK writes milliseconds, and Snowflake takes both. */
function instant(claim: unknown): number | null {
  if (typeof claim !== 'number') return null
  return claim > 100_000_000_000 ? claim : claim * 1000
}

/** @see README: from memory */
const clockSkewMs = 60_000
