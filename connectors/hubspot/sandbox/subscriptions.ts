import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { answerBatch } from './answer.ts'
import { email as emailPattern } from './check-value.ts'
import { readInputs, readObject, readText, refuseUnknown, type Item } from './read-json.ts'
import { HubspotRefusal, invalid, invalidJson, isError, type VendorError } from './refusal.ts'

/** The types of this portal. */
export const subscriptionTypes: ReadonlyMap<number, string> = new Map([
  [301, 'Newsletter'],
  [302, 'Product updates'],
  [303, 'One to one'],
])

type Wanted = {
  readonly email: string
  readonly subscriptionId: number
  readonly status: string
  readonly legalBasis: string | null
  readonly legalBasisExplanation: string | null
}

/**
 * Errors of rows come in a 200: the description knows no 207 here. A person who opted out can be subscribed again by
 * this version of the API. https://developers.hubspot.com/docs/api-reference/communication-preferences-subscriptions-v4/guide
 */
export function writeStatuses(context: SimulatorContext, text: string): Response {
  const wanted = readInputs(readObject(text, ['inputs'])).map(readWanted)
  const outcomes: (object | VendorError)[] = []
  context.store.batch(() => {
    for (const [at, each] of wanted.entries())
      outcomes.push(checkWanted(context, each, at) ?? setStatus(context, each, 'PUBLIC_API'))
  })
  const isNamed = context.fault('unnamed_errors') === null
  return answerBatch(context, {
    results: outcomes.filter((outcome) => !isError(outcome)),
    errors: outcomes.filter(isError).map((error) => (isNamed ? error : { ...error, context: {} })),
  })
}

/** One person's, without a scope of Enterprise; what is wrong is refused whole. */
export function writeStatus(context: SimulatorContext, person: string, text: string): Response {
  const item = readObject(text, statusKeys)
  const wanted = readWanted({ ...item, subscriberIdString: person })
  const error = checkWanted(context, wanted, 0)
  if (error) throw new HubspotRefusal(400, error)
  return answerBatch(context, { results: [setStatus(context, wanted, 'PUBLIC_API')] })
}

/** Also how people say it themselves. */
export function setStatus({ store, now }: SimulatorContext, wanted: Wanted, source: string): JsonObject {
  const { email, subscriptionId, status, legalBasis, legalBasisExplanation } = wanted
  const key = `${email}/${subscriptionId}`
  const before = store.get('subscription', key)
  const isSame = before?.['status'] === status
  const record = {
    channel: 'EMAIL',
    subscriberIdString: email,
    subscriptionId,
    subscriptionName: subscriptionTypes.get(subscriptionId) ?? '',
    status,
    source: isSame ? (before['source'] ?? source) : source,
    timestamp: isSame ? (before['timestamp'] ?? now().toISOString()) : now().toISOString(),
    ...(legalBasis === null ? {} : { legalBasis }),
    ...(legalBasisExplanation === null ? {} : { legalBasisExplanation }),
  }
  store.put('subscription', key, record)
  const wasOut = before?.['status'] === 'UNSUBSCRIBED' && status === 'SUBSCRIBED'
  const reason = isSame ? 'NO_STATUS_CHANGE' : wasOut ? 'RESUBSCRIBE_OCCURRED' : 'REQUESTED_CHANGE_OCCURRED'
  return { ...record, setStatusSuccessReason: reason }
}

function readWanted(item: Item): Wanted {
  refuseUnknown(item, ['subscriberIdString', ...statusKeys])
  const { subscriptionId } = item
  if (subscriptionId === undefined) throw invalidJson('Some required fields were not set: [subscriptionId]')
  if (typeof subscriptionId !== 'number' || !Number.isInteger(subscriptionId))
    throw invalidJson('Cannot deserialize value of type `long` (field subscriptionId)')
  const status = readText(item, 'statusState')
  if (!['SUBSCRIBED', 'UNSUBSCRIBED', 'NOT_SPECIFIED'].includes(status))
    throw invalidJson(`Cannot deserialize statusState: ${status} is not one of the values`)
  if (readText(item, 'channel') !== 'EMAIL') throw invalidJson('Cannot deserialize channel: EMAIL only')
  const legalBasis = item['legalBasis'] === undefined ? null : readText(item, 'legalBasis')
  if (legalBasis !== null && !legalBases.includes(legalBasis))
    throw invalidJson(`Cannot deserialize legalBasis: ${legalBasis} is not one of the values`)
  const email = readText(item, 'subscriberIdString').trim().toLowerCase()
  const explanation = item['legalBasisExplanation'] === undefined ? null : readText(item, 'legalBasisExplanation')
  return { email, subscriptionId, status, legalBasis, legalBasisExplanation: explanation }
}

/** The fault `data_privacy`: the account demands a legal basis and its explanation. */
function checkWanted({ fault }: SimulatorContext, wanted: Wanted, at: number): VendorError | undefined {
  const { email, subscriptionId, legalBasis, legalBasisExplanation } = wanted
  const context = { subscriberIdString: [email], subscriptionId: [String(subscriptionId)] }
  const refuse = (message: string): VendorError => ({ ...invalid(message).error, context })
  if (!emailPattern.test(email)) return refuse(`Email address ${email} is invalid`)
  if (!subscriptionTypes.has(subscriptionId)) return refuse(`Subscription ${subscriptionId} does not exist`)
  if (fault('data_privacy') && (legalBasis === null || legalBasisExplanation === null))
    return refuse('legalBasis and legalBasisExplanation are required for GDPR enabled portals')
  const { ids, every } = fault('bad_items') ?? {}
  const isBad = (Array.isArray(ids) && ids.includes(email)) || (typeof every === 'number' && at % every === 0)
  return isBad ? refuse('refused by the fault bad_items') : undefined
}

const statusKeys = ['channel', 'statusState', 'subscriptionId', 'legalBasis', 'legalBasisExplanation'] as const
const legalBases: readonly string[] = [
  'CONSENT_WITH_NOTICE',
  'LEGITIMATE_INTEREST_CLIENT',
  'LEGITIMATE_INTEREST_OTHER',
  'LEGITIMATE_INTEREST_PQL',
  'NON_GDPR',
  'PERFORMANCE_OF_CONTRACT',
  'PROCESS_AND_STORE',
]
