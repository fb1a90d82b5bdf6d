import { verify } from 'node:crypto'
import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { appPublicKey } from './app-key.ts'
import { oauthError } from './refusal.ts'

/** The user that a JWT speaks for, or why it speaks for nobody. https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm */
export function checkAssertion(
  context: SimulatorContext,
  assertion: string | null,
  clientId: string,
): string | Response {
  if (!assertion) return oauthError('invalid_request', 'missing required parameter: assertion')
  const [head = '', body = '', signature = '', ...more] = assertion.split('.')
  const [header, claims] = [readPart(head), readPart(body)]
  if (!header || !claims || more.length > 0 || header['alg'] !== 'RS256')
    return oauthError('invalid_grant', 'invalid assertion')
  if (claims['iss'] !== clientId) return oauthError('invalid_client_id', 'client identifier invalid')
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), appPublicKey(), Buffer.from(signature, 'base64url')))
    return oauthError('invalid_grant', 'invalid assertion')
  if (claims['aud'] !== 'https://login.salesforce.com') return oauthError('invalid_grant', 'audience is invalid')
  const expires = claims['exp']
  const now = context.now().getTime() / 1000
  if (typeof expires !== 'number' || expires <= now) return oauthError('invalid_grant', 'expired authorization code')
  if (expires > now + longestSeconds) return oauthError('invalid_grant', 'invalid assertion')
  for (const [id, user] of context.store.all('User'))
    if (user['Username'] === claims['sub'] && user['IsActive'] === true) return id
  return oauthError('invalid_grant', "user hasn't approved this consumer")
}

function readPart(text: string): JsonObject | null {
  try {
    const part: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return typeof part === 'object' && part !== null ? { ...part } : null
  } catch {
    // Not a JWT: refused by the caller.
    return null
  }
}

/** Three minutes, and some leeway. */
const longestSeconds = 185
