import { MillraceError, z } from 'millrace'
import { isRefusal, type StripeFailure } from './classify-failure.ts'
import type { Get, StripeApi } from './client.ts'

/** The connection's own account. https://docs.stripe.com/api/accounts/retrieve */
export function readAccountId(
  api: StripeApi,
  signal: AbortSignal,
  recover: Get<string>['recover'] = () => undefined,
): Promise<string> {
  return api.get({
    path: '/v1/account',
    docs: 'https://docs.stripe.com/api/accounts/retrieve',
    signal,
    read: (bytes) => {
      const account = accountObject.safeParse(JSON.parse(Buffer.from(bytes).toString()))
      if (account.success) return account.data.id
      throw new MillraceError('MR-3005', { message: 'Reading the account of Stripe: the answer is not an account.' })
    },
    recover,
  })
}

export type OwnAccount = {
  readonly id: (signal: AbortSignal) => Promise<string>
  /** '': the key may not read it, and may read its rows all the same. */
  readonly idIfTold: (signal: AbortSignal) => Promise<string>
}

/** Asked for once a connection: a key does not change its account. */
export function rememberAccount(api: StripeApi): OwnAccount {
  let known = ''
  return {
    id: async (signal) => (known ||= await readAccountId(api, signal)),
    idIfTold: async (signal) => (known ||= await readAccountId(api, signal, noneWithoutPermission)),
  }
}

/** A key that has no access to the account itself reads none of its rows either. https://docs.stripe.com/error-codes */
const noneWithoutPermission = (failure: StripeFailure) =>
  isRefusal(failure) && failure.code !== 'account_invalid' ? '' : undefined

/** Test keys and live ones of an account see other objects, and its id is the same. https://docs.stripe.com/keys */
export const inMode = (account: string, key: string): string =>
  account !== '' && /^[rs]k_test_/.test(key) ? `${account} (test mode)` : account

const accountObject = z.object({ object: z.literal('account'), id: z.string().min(1) })
