import type { HubspotApi } from './client.ts'
import { malformed } from './transport.ts'

/** The portal's id; any private app may ask for it, whatever its scopes. */
export const describeAccount = (api: HubspotApi, signal: AbortSignal): Promise<number> =>
  api.call({
    label: 'GET /account-info/v3/details',
    docs: 'https://developers.hubspot.com/docs/api-reference/account-account-info-v3/details/get-account-info-v3-details',
    signal,
    send: (sdk) => sdk.request('GET', '/account-info/v3/details'),
    read: ({ portalId }) => {
      if (typeof portalId === 'number') return portalId
      throw malformed('described the account without its portalId')
    },
  })
