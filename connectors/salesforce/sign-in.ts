import { createPrivateKey, sign } from 'node:crypto'
import type { Connection } from './connection.ts'
import { signInOf } from './connection.ts'

/** How a connection gets its token, as the token endpoint wants to hear it. */
export type Grant = {
  readonly parameters: { readonly grant_type: string; readonly [name: string]: string }
  readonly docs: string
  /** Refused where the clocks differ: worth another try by the vendor's. */
  readonly tellsTime: boolean
}

/** @param now by the vendor's clock, where it is known */
export function grantOf(connection: Connection, now: Date): Grant {
  switch (signInOf(connection)) {
    case 'client':
      return {
        parameters: { grant_type: 'client_credentials' },
        docs: `${help}remoteaccess_oauth_client_credentials_flow.htm`,
        tellsTime: false,
      }
    case 'refresh':
      return {
        parameters: { grant_type: 'refresh_token', refresh_token: connection.refresh_token ?? '' },
        docs: `${help}remoteaccess_oauth_refresh_token_flow.htm`,
        tellsTime: false,
      }
    case 'jwt':
      return {
        parameters: {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: signAssertion(connection, now),
        },
        docs: `${help}remoteaccess_oauth_jwt_flow.htm`,
        tellsTime: true,
      }
  }
}

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm */
function signAssertion({ client_id, username, audience, private_key }: Connection, now: Date): string {
  const claims = {
    iss: client_id,
    sub: username,
    aud: audience.replace(/\/+$/, ''),
    exp: Math.floor(now.getTime() / 1000) + validSeconds,
  }
  const text = [{ alg: 'RS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), createPrivateKey(private_key ?? '')).toString('base64url')}`
}

/** Salesforce takes three minutes at most. */
const validSeconds = 150
const help = 'https://help.salesforce.com/s/articleView?id=xcloud.'
