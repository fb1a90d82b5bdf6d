import { MillraceError, unheard, type Json, type RequestPreview, type WriteResult } from 'millrace'
import {
  isObject,
  isOfRequest,
  listOf,
  readDetail,
  textOf,
  type JsonBody,
  type VendorError,
} from './classify-failure.ts'
import type { HubspotApi } from './client.ts'
import { isOptOut, type StatusInput } from './encode-status.ts'
import { rejectRow } from './read-batch.ts'
import { lost, requestTimeoutMs } from './send-batch.ts'
import { malformed } from './transport.ts'

export type StatusAnswer = { readonly result: WriteResult; readonly isInDoubt?: boolean }

/**
 * How statuses go: a hundred a request, or one by one where the token lacks the scope of the batch, which HubSpot gives to
 * Marketing Hub Enterprise alone. That is learnt from its refusal, once a connection.
 */
export type StatusSender = {
  readonly send: (inputs: readonly StatusInput[], signal: AbortSignal) => Promise<readonly StatusAnswer[]>
  readonly preview: (inputs: readonly StatusInput[]) => readonly RequestPreview[]
}

export function createStatusSender(api: HubspotApi): StatusSender {
  let isBatchGranted = true
  return {
    async send(inputs, signal) {
      const answers = isBatchGranted ? await sendBatch(api, inputs, signal) : null
      if (answers) return answers
      // Nothing was done and no time has passed: what is said still holds, an opt-in too.
      isBatchGranted = false
      return sendOneByOne(api, inputs, signal)
    },
    preview: (inputs) =>
      isBatchGranted
        ? [{ method: 'POST', path: batchPath, body: batchBody(inputs), docs: batchDocs }]
        : inputs.map((input) => ({ method: 'POST', path: pathOf(input), body: bodyOf(input), docs: oneDocs })),
  }
}

/** null: the token lacks the scope. */
function sendBatch(
  api: HubspotApi,
  inputs: readonly StatusInput[],
  signal: AbortSignal,
): Promise<readonly StatusAnswer[] | null> {
  return api.call<readonly StatusAnswer[] | null>({
    ...callOf(inputs, signal),
    label: `POST ${batchPath}`,
    docs: batchDocs,
    send: (sdk) => sdk.request('POST', batchPath, batchBody(inputs)),
    recover: (error) =>
      error.status === 403 && error.code === 'MISSING_SCOPES' ? { value: null } : takeRefusal(inputs, error),
  })
}

/**
 * Several people at a time where all opt out, a person's own types in order. One that gets no answer keeps no other from
 * going; where several do not, the delivery ends with it. Nor does one who opts out and is answered by somebody else, be they
 * alone: the path has their address in it, at which a proxy may take offence, and the batch has just been refused by HubSpot itself.
 */
async function sendOneByOne(
  api: HubspotApi,
  inputs: readonly StatusInput[],
  signal: AbortSignal,
): Promise<readonly StatusAnswer[]> {
  const answers = new Map<StatusInput, StatusAnswer>()
  // The lanes share it: each takes the next person.
  const people = Map.groupBy(inputs, ({ subscriberIdString }) => subscriberIdString).values()
  const areOptOuts = inputs.every(isOptOut)
  const lanes = areOptOuts ? maxLanes : 1
  const ofOne = areOptOuts ? [...lost, 'MR-3001'] : lost
  let heard = 0
  let failures = 0
  let last: MillraceError | undefined
  let isOver = false
  let isOfAll = false
  const take = async (input: StatusInput): Promise<void> => {
    let isOwn = true
    const saw = (error: VendorError) => {
      isOwn = error.isOwn
    }
    try {
      const [answer = { result: unnamed }] = await sendOne(api, input, { signal, saw })
      answers.set(input, answer)
      heard++
      failures = 0
    } catch (error) {
      if (!(error instanceof MillraceError)) {
        isOver = true
        throw error
      }
      answers.set(input, { result: { outcome: 'unknown', message: error.message } })
      if (isOver) return
      last = error
      isOfAll ||= isOwn || error.code !== 'MR-3001'
      failures++
      // One cause may fell all that are under way together.
      isOver = !ofOne.includes(error.code) || failures >= maxFailures + lanes - 1
      if (isOver) answers.set(input, { result: unheard(error) })
    }
  }
  const sendLane = async (): Promise<void> => {
    for (const own of people) for (const input of own) if (!isOver) await take(input)
  }
  const ends = await Promise.allSettled(Array.from({ length: lanes }, sendLane))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  // What is done is not denied by an error after it.
  if (last && heard === 0 && (isOver || isOfAll)) throw last
  const unsent = last ? unheard(last) : unnamed
  return inputs.map((input) => answers.get(input) ?? { result: unsent })
}

type SendingOne = { readonly signal: AbortSignal; readonly saw: (error: VendorError) => void }

function sendOne(api: HubspotApi, input: StatusInput, { signal, saw }: SendingOne): Promise<readonly StatusAnswer[]> {
  return api.call<readonly StatusAnswer[]>({
    ...callOf([input], signal),
    label: 'POST /communication-preferences/v4/statuses/{subscriberIdString}',
    docs: oneDocs,
    send: (sdk) => sdk.request('POST', pathOf(input), bodyOf(input)),
    recover: (error) => {
      saw(error)
      return takeRefusal([input], error)
    },
  })
}

const callOf = (inputs: readonly StatusInput[], signal: AbortSignal) => ({
  signal,
  timeoutMs: requestTimeoutMs,
  repeatable: inputs.every(isOptOut) ? (true as const) : ('never' as const),
  read: (body: JsonBody, correlationId: string | null) => readStatuses(body, inputs, correlationId),
})

/** The SDK knows only v3. */
const batchBody = (inputs: readonly StatusInput[]): Json => ({ inputs })
const bodyOf = ({ subscriberIdString: _person, ...body }: StatusInput): Json => body
const pathOf = ({ subscriberIdString }: StatusInput) =>
  `/communication-preferences/v4/statuses/${encodeURIComponent(subscriberIdString)}`

const takeRefusal = (inputs: readonly StatusInput[], error: VendorError) =>
  inputs.length === 1 && isOfRequest(error) ? { value: [{ result: rejectRow(error) }] } : undefined

/** Taken is what stands in `results` with the status that was asked for. */
function readStatuses(
  body: JsonBody,
  inputs: readonly StatusInput[],
  correlationId: string | null,
): readonly StatusAnswer[] {
  if (!Array.isArray(body['results'])) throw malformed('answered subscription statuses without a list of results')
  const held = new Map(
    listOf(body['results']).map((each) => [
      keyOf(textOf(each['subscriberIdString']) ?? '', each['subscriptionId']),
      each['status'],
    ]),
  )
  const errors = listOf(body['errors'])
  return inputs.map((input): StatusAnswer => {
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

function namesInput({ context }: JsonBody, { subscriberIdString, subscriptionId }: StatusInput): boolean {
  if (!isObject(context)) return false
  const named = Object.values(context).flat().map(String)
  const hasPerson = named.some((text) => text.toLowerCase() === subscriberIdString)
  // One person may be there with several types.
  return hasPerson && (!named.some((text) => /^\d+$/.test(text)) || named.includes(String(subscriptionId)))
}

const keyOf = (email: string, id: unknown) => `${email.toLowerCase()}\0${String(id)}`

export const unnamed: WriteResult = { outcome: 'unknown', message: 'HubSpot answered, and did not name this person' }
const batchPath = '/communication-preferences/v4/statuses/batch/write'
export const batchDocs =
  'https://developers.hubspot.com/docs/api-reference/communication-preferences-subscriptions-v4/subscription-status/post-communication-preferences-v4-statuses-batch-write'
const oneDocs =
  'https://developers.hubspot.com/docs/api-reference/legacy/communication-preferences/status/update-subscription'
const maxFailures = 3
// Enough for the default rate, where an answer takes 400 ms.
const maxLanes = 4
