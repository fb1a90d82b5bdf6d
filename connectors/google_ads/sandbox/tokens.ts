import type { SimulatorContext } from 'millrace/sandbox'
import { credentials } from './credentials.ts'

/** The token endpoint. https://developers.google.com/identity/protocols/oauth2/web-server#offline */
export function giveToken({ store, fault }: SimulatorContext, request: Request, text: string): Response {
  const type = request.headers.get('content-type') ?? ''
  const form = new URLSearchParams(type.startsWith('application/x-www-form-urlencoded') ? text : '')
  const refuse = (status: number, error: string, description: string) =>
    Response.json({ error, error_description: description }, { status })
  const unknown = [...form.keys()].find((name) => !parameters.has(name))
  if (unknown !== undefined)
    return refuse(400, 'invalid_request', `Parameter not allowed for this message type: ${unknown}`)
  const grant = form.get('grant_type')
  if (grant === null) return refuse(400, 'invalid_request', 'Missing required parameter: grant_type')
  if (grant !== 'refresh_token') return refuse(400, 'unsupported_grant_type', `Invalid grant_type: ${grant}`)
  for (const name of ['client_id', 'refresh_token'])
    if (!form.get(name)) return refuse(400, 'invalid_request', `Missing required parameter: ${name}`)
  if (form.get('client_id') !== credentials.clientId)
    return refuse(401, 'invalid_client', 'The OAuth client was not found.')
  if (form.get('client_secret') !== credentials.clientSecret)
    return refuse(401, 'invalid_client', 'The provided client secret is invalid.')
  if (form.get('refresh_token') !== credentials.refreshToken || fault('revoked'))
    return refuse(400, 'invalid_grant', 'Token has been expired or revoked.')
  return Response.json({
    access_token: `ya29.sandbox-${store.next('token')}`,
    expires_in: 3599,
    scope: 'https://www.googleapis.com/auth/adwords',
    token_type: 'Bearer',
  })
}

/** Tokens are told by their number: while the fault is on, those that were given out so far are void. */
export function isTokenGood({ store, fault }: SimulatorContext, header: string | null): boolean {
  const number = Number(/^Bearer ya29\.sandbox-(\d+)$/.exec(header ?? '')?.[1] ?? 0)
  if (number < 1) return false
  if (fault('expire_tokens')) store.put('void', 'tokens', { upTo: number })
  return number > Number(store.get('void', 'tokens')?.upTo ?? 0)
}

const parameters: ReadonlySet<string> = new Set(['client_id', 'client_secret', 'refresh_token', 'grant_type', 'scope'])
