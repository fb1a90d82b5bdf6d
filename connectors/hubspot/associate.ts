import { MillraceError, unheard, type WriteResult } from 'millrace'
import { isObject, isOfRequest, listOf, readDetail, type JsonBody } from './classify-failure.ts'
import type { HubspotApi } from './client.ts'
import { recordId, type Association, type Row } from './encode-change.ts'
import { findRecords, type FoundRecords } from './find-records.ts'
import { pathOf } from './object-type.ts'
import { rejectRow } from './read-batch.ts'
import { associateBody, maxInputs, type Pair } from './requests.ts'
import { malformed } from './transport.ts'
import type { Sending } from './write-records.ts'

type Wanted = Pair & { readonly index: number }

/** Associates the records that were taken. A row whose association fails is not done: it comes again as a whole. */
export async function associateRows(
  api: HubspotApi,
  object: string,
  rows: readonly Row[],
  sending: Sending,
): Promise<void> {
  const { answers, signal } = sending
  const taken = rows.filter(({ index, associations }) => associations.length > 0 && answers[index]?.id)
  const fail = (index: number, result: WriteResult) =>
    (answers[index] = {
      // Its record is written, and holds the rest of the row.
      result: result.outcome === 'rejected' ? { ...result, maybeTaken: true } : result,
      id: answers[index]?.id ?? null,
    })
  const associate = async (to: string, targets: readonly Target[]): Promise<void> => {
    try {
      const wanted: Wanted[] = []
      for (const [property, group] of Map.groupBy(targets, ({ association }) => association.property)) {
        const find = await findTargets(api, { to, property, targets: group.map((each) => each.association) }, signal)
        for (const { row, association } of group) {
          const found = find(association)
          if (typeof found === 'string')
            wanted.push({ index: row.index, from: answers[row.index]?.id ?? '', to: found })
          else fail(row.index, found)
        }
      }
      for (let from = 0; from < wanted.length; from += maxInputs)
        await sendPairs(api, { object, to, wanted: wanted.slice(from, from + maxInputs) }, { signal, fail })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      const { code, message } = error
      const isRefused = code === 'MR-3004'
      if (isRefused && targets.length > 1) {
        // A value by which HubSpot does not let search keeps no other from being found.
        const middle = Math.ceil(targets.length / 2)
        await associate(to, targets.slice(0, middle))
        await associate(to, targets.slice(middle))
        return
      }
      // The records are there; whether they belong together is not known.
      const result: WriteResult = isRefused ? { outcome: 'rejected', code, message, retryable: true } : unheard(error)
      for (const { row } of targets) fail(row.index, result)
    }
  }
  for (const [to, targets] of Map.groupBy(taken.flatMap(listAssociations), ({ association }) => association.to))
    await associate(to, targets)
}

type Target = { readonly row: Row; readonly association: Association }

const listAssociations = (row: Row): readonly Target[] => row.associations.map((association) => ({ row, association }))

type Find = (association: Association) => string | WriteResult

async function findTargets(
  api: HubspotApi,
  {
    to,
    property,
    targets,
  }: { readonly to: string; readonly property: string; readonly targets: readonly Association[] },
  signal: AbortSignal,
): Promise<Find> {
  if (property === recordId) return ({ value }) => value
  const values = targets.map(({ value }) => value)
  const found: FoundRecords = await findRecords(api, { object: to, property, values, properties: [] }, signal)
  return ({ value }) => {
    const [record, ...others] = found(value)
    if (!record) return missing(`no ${to} is found by this ${property}: the record is there without its association`)
    return others.length === 0 ? record.id : missing(`${property} names ${others.length + 1} ${to} records`)
  }
}

// It may be there at the next run.
const missing = (message: string): WriteResult => ({
  outcome: 'rejected',
  code: 'ASSOCIATION_TARGET_NOT_FOUND',
  message,
  retryable: true,
})

type Sent = { readonly object: string; readonly to: string; readonly wanted: readonly Wanted[] }
type Report = { readonly signal: AbortSignal; readonly fail: (index: number, result: WriteResult) => void }

/** The same association again changes nothing. A batch that is refused whole is sent in halves: its records are written. */
async function sendPairs(api: HubspotApi, { object, to, wanted }: Sent, report: Report): Promise<void> {
  const pairs = [...new Map(wanted.map((pair) => [keyOf(pair), { from: pair.from, to: pair.to }])).values()]
  const path = `/crm/v4/associations/${pathOf(object)}/${pathOf(to)}/batch/associate/default`
  try {
    const failures = await api.call<ReadonlyMap<string, WriteResult>>({
      label: `POST ${path}`,
      docs: associateDocs,
      signal: report.signal,
      send: (sdk) => {
        const { inputs } = associateBody(pairs)
        const body = { inputs: inputs.map((input) => ({ _from: input.from, to: input.to })) }
        return sdk.associations.createDefault(pathOf(object), pathOf(to), body)
      },
      read: (body, correlationId) => readPairs(body, pairs, correlationId),
      recover: (error) => {
        const [only] = pairs
        return pairs.length === 1 && only && isOfRequest(error)
          ? { value: new Map([[keyOf(only), rejectRow(error)]]) }
          : undefined
      },
    })
    for (const pair of wanted) {
      const failure = failures.get(keyOf(pair))
      if (failure) report.fail(pair.index, failure)
    }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MR-3004' || wanted.length === 1) throw error
    const middle = Math.ceil(wanted.length / 2)
    await sendPairs(api, { object, to, wanted: wanted.slice(0, middle) }, report)
    await sendPairs(api, { object, to, wanted: wanted.slice(middle) }, report)
  }
}

/** Pair → why it is not among the results. */
function readPairs(
  body: JsonBody,
  pairs: readonly Pair[],
  correlationId: string | null,
): ReadonlyMap<string, WriteResult> {
  if (!Array.isArray(body['results'])) throw malformed('answered associations without a list of results')
  const made = new Set(listOf(body['results']).map(({ from, to }) => keyOf({ from: idOf(from), to: idOf(to) })))
  const missed = pairs.filter((pair) => !made.has(keyOf(pair)))
  const errors = listOf(body['errors'])
  return new Map(
    missed.map((pair): [string, WriteResult] => {
      const own = errors.find((error) => namesPair(error, pair)) ?? errors[0]
      return [keyOf(pair), own ? rejectRow({ ...readDetail(own), correlationId }) : unanswered]
    }),
  )
}

function namesPair({ context }: JsonBody, { from, to }: Pair): boolean {
  const named = isObject(context) ? Object.values(context).flat() : []
  return named.includes(from) || named.includes(to)
}

const idOf = (side: unknown) => (isObject(side) ? String(side['id']) : '')
const keyOf = ({ from, to }: Pair) => `${from}>${to}`
const unanswered: WriteResult = { outcome: 'unknown', message: 'HubSpot answered, and did not name this association' }
export const associateDocs =
  'https://developers.hubspot.com/docs/api-reference/crm-associations-v4/batch/post-crm-v4-associations-fromObjectType-toObjectType-batch-associate-default'
