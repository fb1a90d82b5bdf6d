import type { SimulatorContext } from 'millrace/sandbox'
import { integrationUser, integrationUserId, organizationId } from './identity.ts'
import { checkAssertion } from './assertion.ts'
import { oauthError, refuse } from './refusal.ts'

/** The connected app of the sandbox. Its own, and of no use anywhere else. */
export const clientId = 'millrace-sandbox-client-id'
export const clientSecret = 'millrace-sandbox-client-secret'

/** Of the integration user, who let the app in once. Likewise. */
export const refreshToken = '5Aep8millraceSandboxRefreshToken'

/**
 * Client credentials, JWT bearer and refresh token.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm
 */
export async function issueToken(context: SimulatorContext, request: Request): Promise<Response> {
  if (request.method !== 'POST') return oauthError('invalid_request', 'must use HTTP POST')
  const form = new URLSearchParams(await request.text())
  const user = authorize(context, request, form)
  if (user instanceof Response) return user
  const origin = new URL(request.url).origin
  const token = livingToken(context, user) ?? openSession(context, user)
  return Response.json({
    access_token: token,
    signature: Buffer.from(`signature of ${token}`).toString('base64'),
    scope: 'api',
    instance_url: origin,
    id: `${origin}/id/${organizationId}/${user}`,
    token_type: 'Bearer',
    issued_at: String(context.now().getTime()),
    ...(context.fault('rotate_refresh') && { refresh_token: `${refreshToken}2` }),
  })
}

/** A user's session that lives is given again, and no other is opened. */
function livingToken(context: SimulatorContext, user: string): string | undefined {
  for (const [token, session] of context.store.all('session')) if (session['user'] === user) return token
  return undefined
}

function openSession(context: SimulatorContext, user: string): string {
  const token = `${organizationId.slice(0, 15)}!AQEAQ${context.store.next('token').toString(36).padStart(8, '0')}.${String(context.world.seed).padStart(8, '0')}`
  context.store.put('session', token, { at: context.now().toISOString(), user })
  return token
}

/** Who signs in, or why nobody does. */
function authorize(context: SimulatorContext, request: Request, form: URLSearchParams): string | Response {
  switch (form.get('grant_type')) {
    case 'client_credentials':
      return checkClient(context, request, form) ?? integrationUserId
    case 'refresh_token': {
      const refused = checkClient(context, request, form)
      if (refused) return refused
      if (!form.get('refresh_token')) return oauthError('invalid_request', 'missing required parameter: refresh_token')
      return form.get('refresh_token') === refreshToken
        ? integrationUserId
        : oauthError('invalid_grant', 'expired access/refresh token')
    }
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
      if (context.fault('refuse_refresh')) return oauthError('invalid_grant', "user hasn't approved this consumer")
      return checkAssertion(context, form.get('assertion'), clientId)
    default:
      return oauthError('unsupported_grant_type', 'grant type not supported')
  }
}

function checkClient(context: SimulatorContext, request: Request, form: URLSearchParams): Response | undefined {
  const [id, secret] = credentials(request, form)
  if (!id) return oauthError('invalid_request', 'missing required parameter: client_id')
  if (id !== clientId) return oauthError('invalid_client_id', 'client identifier invalid')
  if (secret !== clientSecret || context.fault('refuse_refresh'))
    return oauthError('invalid_client', 'invalid client credentials')
  return undefined
}

/** Whose session it is. @throws INVALID_SESSION_ID where there is no such token, or the sandbox was told to expire them */
export function checkSession(context: SimulatorContext, request: Request): string {
  if (context.fault('expire_tokens'))
    for (const [token] of Array.from(context.store.all('session'))) context.store.remove('session', token)
  const [scheme = '', token = ''] = (request.headers.get('authorization') ?? '').split(' ')
  if (!/^(bearer|oauth)$/i.test(scheme)) throw refuse(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE')
  const session = context.store.get('session', token)
  if (!session) throw refuse(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
  return typeof session['user'] === 'string' ? session['user'] : integrationUserId
}

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm */
export function answerUserInfo(context: SimulatorContext, request: Request): Response {
  const token = /^bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  // Words and no JSON, unlike the REST API.
  if (!context.store.get('session', token)) return new Response('Bad_OAuth_Token', { status: 403 })
  return Response.json({
    sub: `${new URL(request.url).origin}/id/${organizationId}/${integrationUserId}`,
    user_id: integrationUserId,
    organization_id: organizationId,
    preferred_username: integrationUser.email,
    name: `${integrationUser.first} ${integrationUser.last}`,
    given_name: integrationUser.first,
    family_name: integrationUser.last,
    email: integrationUser.email,
    email_verified: true,
    zoneinfo: 'Europe/Helsinki',
    language: 'en_US',
    locale: 'en_GB',
    utcOffset: 7_200_000,
    active: true,
    user_type: 'STANDARD',
  })
}

function credentials(request: Request, form: URLSearchParams): readonly [string | null, string | null] {
  const basic = /^basic (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (basic === undefined) return [form.get('client_id'), form.get('client_secret')]
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':')
  return [id, secret]
}
