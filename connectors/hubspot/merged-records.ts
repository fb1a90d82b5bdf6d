import { isOptOutName } from 'millrace'
import type { HubspotApi } from './client.ts'
import { recordId, type Row } from './encode-change.ts'
import { aliasesOf, ownKeyOf, type Finder, type FoundRecord, type FoundRecords } from './find-records.ts'
import type { RowAnswer } from './read-batch.ts'

/**
 * Rows that cannot go, and why, since several values find their record: others were merged into it, or it is a contact with
 * several addresses. Several rows may mean it, whether or not they are in the same batch.
 */
export function refuseMerged(of: Finder, rows: readonly Row[], found: FoundRecords): ReadonlyMap<Row, string> {
  const byRecord = Map.groupBy(rows, ({ key }) => found(key)[0]?.id)
  return new Map(
    [...byRecord.values()].flatMap((group) => {
      const record = group[0] && found(group[0].key)[0]
      return record && aliasesOf(record, of).length > 0 ? refuseGroup(of, record, group) : []
    }),
  )
}

/**
 * HubSpot takes a record once a request. What a row that left would take away may be what another says of the record; and an
 * opt-out is nobody's to take away, by whichever value.
 */
function refuseGroup(of: Finder, record: FoundRecord, group: readonly Row[]): readonly (readonly [Row, string])[] {
  const [owner] = group.filter(({ optsIn }) => !optsIn).toSorted((one, other) => rankOf(one) - rankOf(other))
  const own = ownKeyOf(record, of)
  const words = (of.property === recordId ? wordsOfMerged : wordsOfContact)(record.id)
  return group.flatMap((row): [Row, string][] => {
    if (row.optsIn)
      return [
        [
          row,
          `${words.several}, and another row may say that they opted out: no opt-in goes there; the next run sends the row without it`,
        ],
      ]
    if (row !== owner) return [[row, `${words.is(row.key)}, for which the row ${owner?.key ?? own} stands, too`]]
    return row.op === 'update' || row.key === own || Object.entries(row.properties).every(isOptOut)
      ? []
      : [[row, `${words.was(row.key)}: what is taken away there may be another row’s`]]
  })
}

const wordsOfMerged = (id: string) => ({
  several: `others were merged into record ${id}`,
  is: (key: string) => `record ${key} is now record ${id}`,
  was: (key: string) => `record ${key} was merged into ${id}`,
})

const wordsOfContact = (id: string) => ({
  several: `contact ${id} has several addresses`,
  is: (key: string) => `${key} is an address of contact ${id}`,
  was: (key: string) => `${key} is another address of contact ${id}`,
})

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
