/** Who may come in, and as which role. Codes and words: see README, from memory where it says so. */
import { randomUUID } from 'node:crypto'
import { accountName, type Account, type User } from './account.ts'
import type { Rights } from './rights.ts'
import { checkJwt } from './key-pair.ts'

/** The `data` of a login request, as the SDK sends it. */
export type LoginData = { readonly [key: string]: unknown }

export type SignIn =
  | { readonly user: User; readonly role: string }
  | { readonly code: string; readonly message: string; readonly reason: string }

export type LoginPlace = {
  readonly account: Account
  readonly rights: Rights
  readonly now: number
  readonly address: string
  readonly roleName: string | null
}

export function signIn(data: LoginData, place: LoginPlace): SignIn {
  const { state } = place.account
  const name = text(data.LOGIN_NAME).toUpperCase()
  const proof = readProof(data)
  const user = Object.hasOwn(state.users, name) ? state.users[name] : undefined
  const problem = proof.kind === 'key_pair' ? checkKeyPair(proof.token, user, place) : checkToken(proof, user, place)
  if (problem) return problem
  if (!user) return refuse('390100', 'Incorrect username or password was specified.', `there is no user ${name}`)
  if (user.disabled)
    return refuse('390101', 'User access disabled. Contact your local system administrator.', 'the user is disabled')
  if (user.locked)
    return refuse(
      '390102',
      'User temporarily locked. Try again later, or contact your local system administrator.',
      'the user is locked',
    )
  if (user.allowedAddresses && !user.allowedAddresses.includes(place.address))
    return refuse(
      '390422',
      `Incoming request with IP/Token ${place.address} is not allowed to access Snowflake. Contact your account administrator. For more information about this error, go to https://community.snowflake.com/s/ip-xxxxxxxxxxxx-is-not-allowed-to-access.`,
      'its network policy does not name the address',
    )
  return chooseRole(user, proof.kind === 'password' ? null : tokenRole(proof, user), place)
}

type Proof = {
  readonly kind: 'key_pair' | 'pat' | 'oauth' | 'browser' | 'password' | 'unknown'
  readonly token: string
}

function readProof(data: LoginData): Proof {
  const authenticator = text(data.AUTHENTICATOR).toUpperCase()
  const token = text(data.TOKEN)
  switch (authenticator) {
    case 'SNOWFLAKE_JWT':
      return { kind: 'key_pair', token }
    case 'PROGRAMMATIC_ACCESS_TOKEN':
      return { kind: 'pat', token: token || text(data.PASSWORD) }
    case 'OAUTH':
      return { kind: 'oauth', token }
    case 'EXTERNALBROWSER':
      return { kind: 'browser', token }
    case '':
    case 'SNOWFLAKE':
    case 'USERNAME_PASSWORD_MFA':
      return { kind: 'password', token: text(data.PASSWORD) }
    default:
      return { kind: 'unknown', token }
  }
}

function checkKeyPair(token: string, user: User | undefined, { now }: LoginPlace): SignIn | null {
  const reason = user ? checkJwt(token, user, { account: accountName, now }) : 'there is no such user'
  return reason === null ? null : refuse('390144', `JWT token is invalid. [${randomUUID()}]`, reason)
}

function checkToken(proof: Proof, user: User | undefined, { now }: LoginPlace): SignIn | null {
  switch (proof.kind) {
    case 'password':
      // https://docs.snowflake.com/en/user-guide/security-mfa-rollout: services cannot sign in by password alone.
      return refuse(
        '390100',
        'Incorrect username or password was specified.',
        'sign-in by password alone is over: use a key pair or a token',
      )
    case 'unknown':
      return refuse(
        '390139',
        'The specified authenticator is not accepted by your Snowflake account configuration.  Please contact your local system administrator to get the correct URL to use.',
        'the authenticator is unknown',
      )
    case 'browser':
    case 'oauth':
    case 'pat':
      return checkGivenToken(proof, user, now)
    default:
      return null
  }
}

function checkGivenToken({ kind, token }: Proof, user: User | undefined, now: number): SignIn | null {
  const known = user?.tokens.find((entry) => entry.kind === kind && entry.value === token)
  const expired = known && known.expiresAt !== null && known.expiresAt <= now
  if (known && !expired) return null
  const id = `[${randomUUID()}]`
  if (kind === 'oauth')
    return expired
      ? refuse('390318', `OAuth access token expired. ${id}`, 'the token has expired')
      : refuse('390303', `Invalid OAuth access token. ${id}`, 'nobody was given that token')
  if (kind === 'browser')
    return refuse(
      '390190',
      'There was an error related to the SAML Identity Provider account parameter. Contact Snowflake support.',
      'nobody was given that token',
    )
  return expired
    ? refuse('394401', 'Programmatic access token is expired.', 'the token has expired')
    : refuse('394400', 'Programmatic access token is invalid.', 'nobody was given that token')
}

const tokenRole = (proof: Proof, user: User): string | null =>
  user.tokens.find((entry) => entry.kind === proof.kind && entry.value === proof.token)?.role ?? null

/** https://docs.snowflake.com/en/user-guide/security-access-control-overview: the wanted role, or the user's own. */
function chooseRole(user: User, bound: string | null, { rights, roleName }: LoginPlace): SignIn {
  const wanted = roleName ?? bound ?? user.defaultRole ?? 'PUBLIC'
  const granted = rights.mayAssume(user.name, wanted)
  if (!granted || (bound !== null && wanted !== bound)) {
    // A default role that is not granted (any more) is no error: the session begins as PUBLIC.
    if (roleName === null && bound === null) return { user, role: 'PUBLIC' }
    return refuse(
      '390189',
      `Role '${wanted}' specified in the connect string is not granted to this user. Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.`,
      'the role is not granted, or the token is bound to another',
    )
  }
  return { user, role: wanted }
}

const refuse = (code: string, message: string, reason: string): SignIn => ({ code, message, reason })
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
