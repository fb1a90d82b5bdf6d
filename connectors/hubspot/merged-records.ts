import { isOptOutName } from 'millrace'
import type { Row } from './encode-change.ts'
import type { FoundRecords } from './find-records.ts'

/**
 * Rows found by record ids that cannot go, since their records were merged, and why. Several may mean one record now, and
 * HubSpot takes it once a request. What a row that left would take away may be what another says of the record that is left,
 * whether or not that one is in the same batch; an opt-out is nobody's to take away.
 */
export function refuseMerged(rows: readonly Row[], found: FoundRecords): ReadonlyMap<Row, string> {
  const byRecord = Map.groupBy(rows, ({ key }) => found(key)[0]?.id)
  return new Map(
    [...byRecord].flatMap(([id, group]) => {
      if (id === undefined) return []
      const [owner] = group.toSorted((one, other) => rankOf(one) - rankOf(other))
      return group.flatMap((row): [Row, string][] => {
        if (row !== owner)
          return [[row, `record ${row.key} is now record ${id}, for which the row ${owner?.key ?? id} stands, too`]]
        return row.op === 'update' || row.key === id || Object.entries(row.properties).every(isOptOut)
          ? []
          : [[row, `record ${row.key} was merged into ${id}: what is taken away there may be another row’s`]]
      })
    }),
  )
}

/** What says that somebody opted out goes before all else, and a row that stands before one that left. */
const rankOf = ({ op, properties }: Row) => (Object.entries(properties).some(isOptOut) ? 0 : op === 'update' ? 1 : 2)

const isOptOut = ([name, value]: readonly [string, string]) => isOptOutName(name) && value === 'true'
