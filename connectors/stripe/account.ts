import { MillraceError, z } from 'millrace'
import type { StripeApi } from './client.ts'

/** The connection's own account. https://docs.stripe.com/api/accounts/retrieve */
export function readAccountId(api: StripeApi, signal: AbortSignal): Promise<string> {
  return api.get({
    path: '/v1/account',
    docs: 'https://docs.stripe.com/api/accounts/retrieve',
    signal,
    read: (bytes) => {
      const account = accountObject.safeParse(JSON.parse(Buffer.from(bytes).toString()))
      if (account.success) return account.data.id
      throw new MillraceError('MR-3005', { message: 'Reading the account of Stripe: the answer is not an account.' })
    },
  })
}

/** Asked for once a connection: a key does not change its account. */
export function rememberAccountId(api: StripeApi): (signal: AbortSignal) => Promise<string> {
  let known: string | null = null
  return async (signal) => (known ??= await readAccountId(api, signal))
}

const accountObject = z.object({ object: z.literal('account'), id: z.string().min(1) })
