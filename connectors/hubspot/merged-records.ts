import { isOptOutName } from 'millrace'
import type { HubspotApi } from './client.ts'
import type { Row } from './encode-change.ts'
import { mergedIdsOf, type FoundRecords } from './find-records.ts'
import type { RowAnswer } from './read-batch.ts'

/**
 * Rows found by record ids that cannot go, since their records were merged, and why. Several may mean one record now, whether
 * or not they are in the same batch.
 */
export function refuseMerged(rows: readonly Row[], found: FoundRecords): ReadonlyMap<Row, string> {
  const byRecord = Map.groupBy(rows, ({ key }) => found(key)[0]?.id)
  return new Map(
    [...byRecord].flatMap(([id, group]) => {
      const [record] = id === undefined ? [] : found(id)
      return record && mergedIdsOf(record).length > 0 ? refuseGroup(record.id, group) : []
    }),
  )
}

/**
 * HubSpot takes a record once a request. What a row that left would take away may be what another says of the record; and an
 * opt-out is nobody's to take away, by whichever id.
 */
function refuseGroup(id: string, group: readonly Row[]): readonly (readonly [Row, string])[] {
  const [owner] = group.filter(({ optsIn }) => !optsIn).toSorted((one, other) => rankOf(one) - rankOf(other))
  return group.flatMap((row): [Row, string][] => {
    if (row.optsIn)
      return [
        [
          row,
          `others were merged into record ${id}, and another row may say that they opted out: no opt-in goes there; the next run sends the row without it`,
        ],
      ]
    if (row !== owner)
      return [[row, `record ${row.key} is now record ${id}, for which the row ${owner?.key ?? id} stands, too`]]
    return row.op === 'update' || row.key === id || Object.entries(row.properties).every(isOptOut)
      ? []
      : [[row, `record ${row.key} was merged into ${id}: what is taken away there may be another row’s`]]
  })
}

/** No run knows all rows of a record: of several the last that was sent stands, and the snapshot has them all as accepted. */
export function tellMerged(api: HubspotApi, rows: readonly Row[], answers: readonly RowAnswer[]): void {
  const moved = rows.flatMap(({ key, index }) => {
    const id = answers[index]?.id ?? key
    return id === key ? [] : [`${key} → ${id}`]
  })
  if (moved.length > 0)
    api.warn(
      `HubSpot: records were merged, and their rows went to those that are left: ${moved.join(', ')}. Of several rows for one record the last that is sent stands.`,
    )
}

/** What says that somebody opted out goes before all else, and a row that stands before one that left. */
const rankOf = ({ op, properties }: Row) => (Object.entries(properties).some(isOptOut) ? 0 : op === 'update' ? 1 : 2)

const isOptOut = ([name, value]: readonly [string, string]) => isOptOutName(name) && value === 'true'
