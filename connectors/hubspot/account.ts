import { createHash } from 'node:crypto'
import type { HubspotApi } from './client.ts'
import { malformed } from './transport.ts'

/** The account by its portal's id; where the token may not ask for that, by the token. */
export async function describeAccount(api: HubspotApi, token: string, signal: AbortSignal): Promise<string> {
  const portal = await askPortal(api, signal)
  if (portal !== null) return `portal:${portal}`
  api.warn(
    'HubSpot does not tell this token its account: what was delivered is remembered for the token, and another one counts as another account.',
  )
  return `token:${createHash('sha256').update(token).digest('hex').slice(0, 16)}`
}

/** Any app may ask, whatever its scopes; that a service key may, HubSpot does not say. */
const askPortal = (api: HubspotApi, signal: AbortSignal): Promise<number | null> =>
  api.call<number | null>({
    label: 'GET /account-info/v3/details',
    readsOnly: true,
    docs: 'https://developers.hubspot.com/docs/api-reference/account-account-info-v3/details/get-account-info-v3-details',
    signal,
    send: (sdk) => sdk.request('GET', '/account-info/v3/details'),
    read: ({ portalId }) => {
      if (typeof portalId === 'number') return portalId
      throw malformed('described the account without its portalId')
    },
    recover: ({ status, code }) => (status === 403 && code === 'MISSING_SCOPES' ? { value: null } : undefined),
  })
