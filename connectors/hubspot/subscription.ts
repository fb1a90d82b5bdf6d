import {
  MillraceError,
  z,
  type Change,
  type DestinationObject,
  type Json,
  type JsonObject,
  type WriteResult,
} from 'millrace'
import { isObject, listOf, readDetail, textOf, type JsonBody } from './classify-failure.ts'
import type { HubspotApi } from './client.ts'
import { isExact } from './property-value.ts'
import { rejectRow } from './read-batch.ts'
import { maxInputs } from './requests.ts'
import { requestTimeoutMs } from './send-batch.ts'
import { malformed } from './transport.ts'

/**
 * Who may be written to, by subscription type. Not a property of the contact: HubSpot's own opt-out properties are
 * read-only. https://developers.hubspot.com/docs/api-reference/communication-preferences-subscriptions-v4/guide
 */
export function describeSubscription(api: HubspotApi): DestinationObject {
  return {
    name: subscription,
    docs,
    delivery: 'idempotent',
    match: { email: { normalise: 'lower' } },
    identity: ['email', 'subscription_id'],
    fields: {
      email: { type: 'string', nullable: false },
      subscription_id: { type: 'string', nullable: false },
      status: { type: 'string', nullable: false, optOut: true },
    },
    operations: ['upsert'],
    batch: { rows: maxInputs, bytes: 1_000_000 },
    timeoutMs: requestTimeoutMs,
    options,
    size: ({ fields }) => Buffer.byteLength(JSON.stringify(fields)) + frameBytes,
    write: (changes, context) => writeStatuses(api, changes, context),
    preview: (changes, given) => {
      const inputs = changes.map((change) => encodeStatus(change, readOptions(given))).filter(isInput)
      return groupInputs(inputs).map((group) => {
        const body: Json = { inputs: group }
        return { method: 'POST', path, body, docs }
      })
    },
  }
}

async function writeStatuses(
  api: HubspotApi,
  changes: readonly Change[],
  { options: given, signal }: { readonly options: JsonObject; readonly signal: AbortSignal },
): Promise<readonly WriteResult[]> {
  const legal = readOptions(given)
  const encoded = changes.map((change) => encodeStatus(change, legal))
  const results = new Map<Input, WriteResult>()
  // Who opts out goes first. An opt-in goes once and by itself: whoever asks again does not know what was said since.
  for (const inputs of groupInputs(encoded.filter(isInput))) {
    try {
      const taken = await sendStatuses(api, inputs, signal)
      for (const [at, input] of inputs.entries()) results.set(input, taken[at]?.result ?? unnamed)
      const inDoubt = inputs.filter((_, at) => taken[at]?.isInDoubt)
      if (inputs.every(isOptOut)) await sendEach(api, inDoubt, { signal, results })
    } catch (error) {
      // What is done is not denied by an error after it; halves of the rest come with the next run.
      if (!(error instanceof MillraceError) || results.size === 0) throw error
      for (const input of inputs) results.set(input, { outcome: 'unknown', message: error.message })
    }
  }
  return encoded.map((row) => (isInput(row) ? (results.get(row) ?? unnamed) : row))
}

/** Opt-outs that were refused without a word about which is meant: one that HubSpot does not take keeps no other from going. */
async function sendEach(
  api: HubspotApi,
  inputs: readonly Input[],
  { signal, results }: { readonly signal: AbortSignal; readonly results: Map<Input, WriteResult> },
): Promise<void> {
  for (const input of inputs) {
    try {
      const [own] = await sendStatuses(api, [input], signal)
      results.set(input, own?.result ?? unnamed)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      results.set(input, { outcome: 'unknown', message: error.message })
      return
    }
  }
}

const isOptOut = ({ statusState }: Input) => statusState === 'UNSUBSCRIBED'

function groupInputs(inputs: readonly Input[]): readonly (readonly Input[])[] {
  return [inputs.filter(isOptOut), inputs.filter((input) => !isOptOut(input))].filter((group) => group.length > 0)
}

type Input = {
  readonly channel: 'EMAIL'
  readonly statusState: 'SUBSCRIBED' | 'UNSUBSCRIBED'
  readonly subscriberIdString: string
  readonly subscriptionId: number
  readonly legalBasis?: string
  readonly legalBasisExplanation?: string
}

const isInput = (row: Input | WriteResult): row is Input => 'channel' in row

/** Only what the change itself says: without a status nothing is sent, least of all an opt-in. */
function encodeStatus({ key, fields }: Change, legal: LegalBasis): Input | WriteResult {
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

type Answer = { readonly result: WriteResult; readonly isInDoubt?: boolean }

function sendStatuses(api: HubspotApi, inputs: readonly Input[], signal: AbortSignal): Promise<readonly Answer[]> {
  return api.call<readonly Answer[]>({
    label: `POST ${path}`,
    docs,
    signal,
    timeoutMs: requestTimeoutMs,
    repeatable: inputs.every(isOptOut) ? true : 'never',
    // The SDK knows only v3, one person a request.
    send: (sdk) => sdk.request('POST', path, { inputs }),
    read: (body, correlationId) => readStatuses(body, inputs, correlationId),
    recover: (error) =>
      inputs.length === 1 && [400, 404, 409, 413, 422].includes(error.status)
        ? { value: [{ result: rejectRow(error) }] }
        : undefined,
  })
}

/** Taken is what stands in `results` with the status that was asked for. */
function readStatuses(body: JsonBody, inputs: readonly Input[], correlationId: string | null): readonly Answer[] {
  if (!Array.isArray(body['results'])) throw malformed('answered subscription statuses without a list of results')
  const held = new Map(
    listOf(body['results']).map((each) => [
      keyOf(textOf(each['subscriberIdString']) ?? '', each['subscriptionId']),
      each['status'],
    ]),
  )
  const errors = listOf(body['errors'])
  return inputs.map((input): Answer => {
    const status = held.get(keyOf(input.subscriberIdString, input.subscriptionId))
    if (status === input.statusState) return { result: { outcome: 'ok' } }
    if (status !== undefined) {
      const message = `HubSpot kept the status ${String(status)} and did not take ${input.statusState}`
      return { result: rejectRow({ code: 'STATUS_NOT_CHANGED', message, correlationId }) }
    }
    const error = errors.find((each) => namesInput(each, input))
    if (error) return { result: rejectRow({ ...readDetail(error), correlationId }) }
    const [homeless] = errors.filter((each) => !inputs.some((other) => namesInput(each, other)))
    if (!homeless) return { result: unnamed }
    const isInDoubt = inputs.length > 1
    return { result: { ...rejectRow({ ...readDetail(homeless), correlationId }), retryable: isInDoubt }, isInDoubt }
  })
}

function namesInput({ context }: JsonBody, { subscriberIdString, subscriptionId }: Input): boolean {
  if (!isObject(context)) return false
  const named = Object.values(context).flat().map(String)
  const hasPerson = named.some((text) => text.toLowerCase() === subscriberIdString)
  // One person may be there with several types.
  return hasPerson && (!named.some((text) => /^\d+$/.test(text)) || named.includes(String(subscriptionId)))
}

const keyOf = (email: string, id: unknown) => `${email.toLowerCase()}\0${String(id)}`

function readOptions({ match: _match, ...given }: JsonObject): LegalBasis {
  const read = options.safeParse(given)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new MillraceError('MR-1209', {
    message:
      `Writing to HubSpot: the options of ${subscription} are not right: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() +
      '.',
    kept: 'Nothing was sent.',
    next: 'options: { legal_basis: LEGITIMATE_INTEREST_CLIENT, legal_basis_explanation: … }',
  })
}

const unnamed: WriteResult = { outcome: 'unknown', message: 'HubSpot answered, and did not name this person' }
const refuse = (message: string): WriteResult => ({ outcome: 'rejected', code: 'MR-5005', message, retryable: false })

const options = z.strictObject({
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
type LegalBasis = z.output<typeof options>

export const subscription = 'subscription'
const path = '/communication-preferences/v4/statuses/batch/write'
const docs =
  'https://developers.hubspot.com/docs/api-reference/communication-preferences-subscriptions-v4/subscription-status/post-communication-preferences-v4-statuses-batch-write'
const frameBytes = 400
