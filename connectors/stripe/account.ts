import { MillraceError } from 'millrace'
import type { StripeApi } from './client.ts'

/** The connection's own account. https://docs.stripe.com/api/accounts/retrieve */
export function readAccountId(api: StripeApi, signal: AbortSignal): Promise<string> {
  return api.get({
    path: '/v1/account',
    docs: 'https://docs.stripe.com/api/accounts/retrieve',
    signal,
    read: (bytes) => {
      const account: unknown = JSON.parse(Buffer.from(bytes).toString())
      if (typeof account === 'object' && account !== null && 'id' in account && typeof account.id === 'string')
        return account.id
      throw new MillraceError('MR-3005', { message: 'Reading the account of Stripe: the answer has no id.' })
    },
  })
}
