import { z, type Change, type JsonObject, type WriteResult } from 'millrace'
import { isExact } from './property-value.ts'

/** A status in HubSpot's words. */
export type StatusInput = {
  readonly channel: 'EMAIL'
  readonly statusState: 'SUBSCRIBED' | 'UNSUBSCRIBED'
  readonly subscriberIdString: string
  readonly subscriptionId: number
  readonly legalBasis?: string
  readonly legalBasisExplanation?: string
}

export const isInput = (row: StatusInput | WriteResult): row is StatusInput => 'channel' in row
export const isOptOut = ({ statusState }: StatusInput) => statusState === 'UNSUBSCRIBED'

/** Only what the change itself says: without a status nothing is sent, least of all an opt-in. */
export function encodeStatus({ key, fields }: Change, legal: LegalBasis): StatusInput | WriteResult {
  const { status, subscription_id: given } = fields
  if (status === undefined) return { outcome: 'ok' }
  if (status !== 'UNSUBSCRIBED' && status !== 'SUBSCRIBED')
    return refuse(
      'status must be UNSUBSCRIBED or SUBSCRIBED; say so with values: { true: UNSUBSCRIBED, false: SUBSCRIBED }',
    )
  const text = given !== undefined && isExact(given) ? given.rawJSON : String(given ?? '').trim()
  const subscriptionId = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(subscriptionId))
    return refuse(
      `subscription_id must be the number of a subscription type, and was ${text === '' ? 'empty' : text.slice(0, 40)}`,
    )
  return {
    channel: 'EMAIL',
    statusState: status,
    subscriberIdString: key,
    subscriptionId,
    ...(legal.legal_basis === undefined ? {} : { legalBasis: legal.legal_basis }),
    ...(legal.legal_basis_explanation === undefined ? {} : { legalBasisExplanation: legal.legal_basis_explanation }),
  }
}

/** The engine has held them against `legalOptions`, and lays `match` beside them for previews. */
export const readLegalBasis = ({ match: _match, ...given }: JsonObject): LegalBasis => legalOptions.parse(given)

export const legalOptions = z.strictObject({
  legal_basis: z
    .enum([
      'CONSENT_WITH_NOTICE',
      'LEGITIMATE_INTEREST_CLIENT',
      'LEGITIMATE_INTEREST_OTHER',
      'LEGITIMATE_INTEREST_PQL',
      'NON_GDPR',
      'PERFORMANCE_OF_CONTRACT',
      'PROCESS_AND_STORE',
    ])
    .optional()
    .meta({ description: 'Needed where the account has its data privacy settings on' }),
  legal_basis_explanation: z.string().min(1).optional(),
})
type LegalBasis = z.output<typeof legalOptions>

const refuse = (message: string): WriteResult => ({ outcome: 'rejected', code: 'MR-5005', message, retryable: false })
