import { MillraceError, unheard } from 'millrace'
import type { HubspotApi } from './client.ts'
import { findRecords, type FoundRecords } from './find-records.ts'
import type { RowAnswer, SentRow } from './read-batch.ts'
import { namesOf } from './requests.ts'
import { holds, type Properties } from './same-value.ts'

type Settling = {
  readonly object: string
  readonly match: string
  readonly rows: readonly SentRow[]
  readonly properties: Properties
}

/**
 * The rows whose records hold, value by value, what was sent; of the others nothing is said. Where they cannot be looked up,
 * that is their answer: it says nothing of the rows that have theirs.
 */
export async function settleRows(
  api: HubspotApi,
  { object, match, rows, properties: described }: Settling,
  signal: AbortSignal,
): Promise<ReadonlyMap<SentRow, RowAnswer>> {
  const lookup = { object, property: match, values: rows.map(({ key }) => key), properties: namesOf(rows) }
  let found: FoundRecords
  try {
    found = await findRecords(api, lookup, signal)
  } catch (error) {
    if (!(error instanceof MillraceError) || signal.aborted) throw error
    return new Map(rows.map((row) => [row, { result: unheard(error), id: null }]))
  }
  return new Map(
    rows.flatMap((row): [SentRow, RowAnswer][] => {
      const [record, ...others] = found(row.key)
      return record && others.length === 0 && holds(record.properties, row, described)
        ? [[row, { result: { outcome: 'ok' }, id: record.id }]]
        : []
    }),
  )
}
