/** POST /session/v1/login-request, and the first step of signing in by browser. */
import { randomUUID } from 'node:crypto'
import { accountName } from '../account/account.ts'
import { signIn } from '../account/sign-in.ts'
import { openSession } from '../session/open-session.ts'
import { parameterList } from '../session/parameters.ts'
import type { Service } from '../service.ts'
import { failure, success } from './answer.ts'
import type { Reply, WireRequest } from './endpoints.ts'
import { recordOf, textOf } from './read-body.ts'

export async function login(service: Service, { body, query, address }: WireRequest): Promise<Reply> {
  const data = recordOf(body.data)
  const account = (textOf(data.ACCOUNT_NAME) ?? '').toUpperCase()
  // A host name that stands for no account is answered before any login is looked at.
  if (account !== accountName) return { status: 404, body: '<html><head><title>404 Not Found</title></head></html>' }
  const signed = signIn(data, {
    account: service.account,
    rights: service.rights,
    now: service.now().getTime(),
    address,
    roleName: foldName(query.get('roleName')),
  })
  if ('code' in signed)
    return failure(signed.code, signed.message, {
      nextAction: 'RETRY_LOGIN',
      authnMethod: textOf(data.AUTHENTICATOR) ?? 'USERNAME_PASSWORD',
      inFlightCtx: null,
      clientInfo: null,
    })
  const opened = await openSession(service, {
    user: signed.user.name,
    role: signed.role,
    warehouse: foldName(query.get('warehouse')) ?? signed.user.defaultWarehouse,
    database: foldName(query.get('databaseName')),
    schema: foldName(query.get('schemaName')),
    parameters: recordOf(data.SESSION_PARAMETERS),
  })
  if ('refusal' in opened) return failure(opened.refusal.code, opened.refusal.message)
  const { session } = opened
  return success({
    ...service.tokens.give(session.id),
    displayUserName: session.user,
    serverVersion: '9.34.0',
    firstLogin: false,
    remMeToken: null,
    remMeValidityInSeconds: 0,
    healthCheckInterval: 45,
    newClientForUpgrade: null,
    sessionId: Number(session.id),
    parameters: parameterList(session.parameters),
    sessionInfo: {
      databaseName: session.database,
      schemaName: session.schema,
      warehouseName: session.warehouse,
      roleName: session.role,
    },
    idToken: null,
    idTokenValidityInSeconds: 0,
    responseData: null,
    mfaToken: null,
    mfaTokenValidityInSeconds: 0,
  })
}

/** As names in SQL: folded, but for what stands in double quotes. */
function foldName(name: string | null): string | null {
  if (name === null || name === '') return null
  return /^".*"$/.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name.toUpperCase()
}

/**
 * The page that a browser opens. Nobody types anything: whoever opens it is let in as the user who asked, and sent back to
 * the port on which the SDK listens. https://docs.snowflake.com/en/user-guide/admin-security-fed-auth-use
 */
export async function consoleLogin(service: Service, { query }: WireRequest): Promise<Reply> {
  const token = giveBrowserToken(service, query.get('login_name') ?? '')
  return { location: `http://localhost:${query.get('browser_mode_redirect_port') ?? ''}/?token=${token}` }
}

/** The same in two steps, for clients that ask for the page's address first. */
export async function authenticatorRequest(service: Service, { body }: WireRequest): Promise<Reply> {
  const data = recordOf(body.data)
  const page = new URL('/console/login', service.url())
  page.searchParams.set('login_name', textOf(data.LOGIN_NAME) ?? '')
  page.searchParams.set('browser_mode_redirect_port', textOf(data.BROWSER_MODE_REDIRECT_PORT) ?? '')
  return success({ tokenUrl: null, ssoUrl: page.href, proofKey: randomUUID() })
}

function giveBrowserToken(service: Service, user: string): string {
  const token = randomUUID()
  const expiresAt = service.now().getTime() + 120_000
  service.account.state.users[user.toUpperCase()]?.tokens.push({ kind: 'browser', value: token, role: null, expiresAt })
  return token
}
