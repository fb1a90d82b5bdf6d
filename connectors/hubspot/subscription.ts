import {
  MillraceError,
  unheard,
  type Change,
  type DestinationObject,
  type JsonObject,
  type WriteResult,
} from 'millrace'
import { encodeStatus, isInput, isOptOut, legalOptions, readLegalBasis, type StatusInput } from './encode-status.ts'
import { maxInputs } from './requests.ts'
import { requestTimeoutMs } from './send-batch.ts'
import { batchDocs, unnamed, type StatusSender } from './send-statuses.ts'

/**
 * Who may be written to, by subscription type. Not a property of the contact: HubSpot's own opt-out properties are
 * read-only. https://developers.hubspot.com/docs/api-reference/communication-preferences-subscriptions-v4/guide
 */
export function describeSubscription(statuses: StatusSender): DestinationObject {
  return {
    name: subscription,
    docs: batchDocs,
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
    options: legalOptions,
    size: ({ fields }) => Buffer.byteLength(JSON.stringify(fields)) + frameBytes,
    write: (changes, context) => writeStatuses(statuses, changes, context),
    preview: (changes, given) => {
      const legal = readLegalBasis(given)
      const inputs = changes.map((change) => encodeStatus(change, legal)).filter(isInput)
      return groupInputs(inputs).flatMap((group) => statuses.preview(group))
    },
  }
}

async function writeStatuses(
  statuses: StatusSender,
  changes: readonly Change[],
  { options: given, signal }: { readonly options: JsonObject; readonly signal: AbortSignal },
): Promise<readonly WriteResult[]> {
  const legal = readLegalBasis(given)
  const encoded = changes.map((change) => encodeStatus(change, legal))
  const results = new Map<StatusInput, WriteResult>()
  // Who opts out goes first. An opt-in goes once and by itself: whoever asks again does not know what was said since.
  for (const inputs of groupInputs(encoded.filter(isInput))) await sendGroup(statuses, inputs, { signal, results })
  return encoded.map((row) => (isInput(row) ? (results.get(row) ?? unnamed) : row))
}

type Sending = { readonly signal: AbortSignal; readonly results: Map<StatusInput, WriteResult> }

/** What is done is not denied by an error after it: what is refused goes in halves, as the engine would send it. */
async function sendGroup(
  statuses: StatusSender,
  inputs: readonly StatusInput[],
  { signal, results }: Sending,
): Promise<void> {
  try {
    const taken = await statuses.send(inputs, signal)
    for (const [at, input] of inputs.entries()) results.set(input, taken[at]?.result ?? unnamed)
    const inDoubt = inputs.filter((_, at) => taken[at]?.isInDoubt)
    if (inputs.every(isOptOut)) await sendEach(statuses, inDoubt, { signal, results })
  } catch (error) {
    if (!(error instanceof MillraceError) || results.size === 0) throw error
    if (error.code === 'MR-3004' && inputs.length > 1) {
      const middle = Math.ceil(inputs.length / 2)
      await sendGroup(statuses, inputs.slice(0, middle), { signal, results })
      await sendGroup(statuses, inputs.slice(middle), { signal, results })
    } else for (const input of inputs) results.set(input, unheard(error))
  }
}

/** Opt-outs that were refused without a word about which is meant: one that HubSpot does not take keeps no other from going. */
async function sendEach(
  statuses: StatusSender,
  inputs: readonly StatusInput[],
  { signal, results }: Sending,
): Promise<void> {
  for (const input of inputs) {
    try {
      const [own] = await statuses.send([input], signal)
      results.set(input, own?.result ?? unnamed)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      results.set(input, unheard(error))
      return
    }
  }
}

function groupInputs(inputs: readonly StatusInput[]): readonly (readonly StatusInput[])[] {
  return [inputs.filter(isOptOut), inputs.filter((input) => !isOptOut(input))].filter((group) => group.length > 0)
}

export const subscription = 'subscription'
const frameBytes = 400
